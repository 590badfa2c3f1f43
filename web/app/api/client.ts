import type { Problem } from '../../../contract/app/index.ts';

/** A refusal by the server, or no answer at all. `problem.detail` is written for people and never holds content. */
export class ApiError extends Error {
  readonly problem: Problem;
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: Problem, retryAfterSeconds?: number) {
    super(problem.detail);
    this.name = 'ApiError';
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

type SessionEndListener = () => void;
let sessionEndListener: SessionEndListener = () => {};

/** Calls `listener` whenever the server says that nobody is signed in any more. */
export function onSessionEnd(listener: SessionEndListener): void {
  sessionEndListener = listener;
}

export type RequestOptions = {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  /** Whether 401 is an ordinary answer here (sign-in), not the end of a session. */
  mayBeSignedOut?: boolean;
};

/** Asks `/api/v1{path}` and answers with the JSON body; throws {@link ApiError}, or the abort reason of `signal`. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await requestRaw(path, options);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Like {@link request}, for answers that are read piece by piece. */
export async function requestRaw(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', body, headers, signal, mayBeSignedOut = false } = options;
  const response = await fetch(`/api/v1${path}`, {
    method,
    cache: 'no-store',
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw unreachable();
  });
  if (response.ok) return response;
  throw await refusal(response, mayBeSignedOut);
}

/** The error for a connection that did not come about, or that broke. */
export function unreachable(detail = 'The server did not answer. Check that it is running, then try again.'): ApiError {
  return new ApiError({
    type: 'about:blank',
    title: 'No answer from the server',
    status: 0,
    detail,
    code: 'unavailable',
    trace: '',
  });
}

/** Any thrown thing as an {@link ApiError}, so that pages have one way to show errors. */
export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : unreachable('The page could not read the answer. Try again.');
}

/** What a refusal says; one because nobody is signed in ends the session in this page too. */
export async function refusal(response: Response, mayBeSignedOut = false): Promise<ApiError> {
  if (response.status === 401 && !mayBeSignedOut) sessionEndListener();
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined;
  const problem = await response.json().then(asProblem, () => undefined);
  return new ApiError(
    problem ?? {
      type: 'about:blank',
      title: 'The server refused the request',
      status: response.status,
      detail: `The server answered with status ${response.status} and no explanation. Try again, or ask the operator.`,
      code: 'internal',
      trace: '',
    },
    retryAfterSeconds,
  );
}

function asProblem(body: unknown): Problem | undefined {
  const isProblem = typeof body === 'object' && body !== null && 'detail' in body && 'code' in body;
  return isProblem ? (body as Problem) : undefined;
}
