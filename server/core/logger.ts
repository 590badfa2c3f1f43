/**
 * A log of what happened, never of what was said: the fields are a closed list of numbers and names that hold no content,
 * so that a prompt has no field to be written to. A new field is a decision for review.
 */
export type LogFields = {
  readonly requestId?: string;
  /** The route's pattern, as `/api/v1/projects/:projectId`; never the URL. */
  readonly route?: string;
  readonly method?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly code?: string;
  readonly accountId?: string;
  readonly projectId?: string;
  readonly userId?: string;
  readonly assetId?: string;
  readonly modelId?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly stopReason?: string;
  readonly processId?: number;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly count?: number;
  readonly sizeBytes?: number;
  readonly address?: string;
  readonly version?: string;
  readonly host?: string;
  /** Of a KMS, as the operator named it. */
  readonly providerId?: string;
  /** Class, code and stack of an error that is no fault of a caller. Its message is left out: libraries quote their input in it. */
  readonly error?: LoggableError;
};

export type LoggableError = { readonly name: string; readonly code?: string; readonly stack: readonly string[] };

export type Logger = {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
};

/** How many errors of a chain of causes are told. */
const MOST_ERRORS = 4;

/**
 * What may be logged of an error: class, code and the places in the code, cause by cause; no message.
 * @param error anything that was thrown.
 */
export function loggableError(error: unknown): LoggableError {
  const told = chainOf(error);
  const stack = told.flatMap((current, index) => [
    ...(index === 0 ? [] : [`caused by ${nameOf(current)}`]),
    ...framesOf(current),
  ]);
  const name = told[0] === undefined ? 'unknown' : nameOf(told[0]);
  const code = told
    .map((current) => (current as { code?: unknown }).code)
    .find((value) => typeof value === 'string' && /^[\w-]{1,60}$/.test(value)) as string | undefined;
  return code === undefined ? { name, stack } : { name, code, stack };
}

/** The error, then what caused it; of an AggregateError, the errors in it. */
function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  const waiting = [error];
  while (waiting.length > 0 && chain.length < MOST_ERRORS) {
    const current = waiting.shift();
    if (!(current instanceof Error) || chain.includes(current)) continue;
    chain.push(current);
    waiting.push(current.cause);
    if (current instanceof AggregateError && Array.isArray(current.errors)) waiting.push(...current.errors);
  }
  return chain;
}

function nameOf(error: Error): string {
  return typeof error.name === 'string' && /^[\w$.]{1,60}$/.test(error.name) ? error.name : 'Error';
}

/** What stands before the message at the top of a stack: the class, and Node.js's own code. */
const HEADING = /^[\w$.]{1,60}(?: \[[\w-]{1,60}\])?/;

/** `at name (place:line:column)` or `at place:line:column`, where a name is code and a place is a file or a module of Node.js. */
const PLACE = String.raw`(?:file:\/\/\/|node:|\/)[^\s():]+:\d+:\d+`;
const CALLEE = String.raw`(?:async )?(?:new )?[\w$.#<>]+(?: \[as [\w$.#]+\])?`;
const FRAME = new RegExp(String.raw`^ {4}at (?:${CALLEE} \(${PLACE}\)|(?:async )?${PLACE})$`);

/**
 * The frames behind the message. A stack begins with the message as it was when the error was made, and a message may quote lines that look
 * like frames: where the message isn't found at the top any more, nobody knows where it ends, and no frame is told.
 */
function framesOf({ stack, message }: Error): readonly string[] {
  if (typeof stack !== 'string' || typeof message !== 'string') return [];
  const heading = HEADING.exec(stack)?.[0];
  if (heading === undefined) return [];
  const top = message === '' ? heading : `${heading}: ${message}`;
  if (!stack.startsWith(`${top}\n`)) return [];
  const lines = stack.slice(top.length + 1).split('\n');
  // A message that was shortened later leaves its rest here: with a line that is no frame in it, none of them is trusted.
  return lines.every(isFrameOfAnySort) ? lines.filter((line) => FRAME.test(line)).map((line) => line.trim()) : [];
}

function isFrameOfAnySort(line: string): boolean {
  return line === '' || line.startsWith('    at ');
}

/** A logger that drops everything, for tests that assert nothing of logs. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };
