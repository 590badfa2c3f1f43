import type { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { type Answer, exchange, type Peer } from '../http.ts';

/** What is asked of the app's API, below `/api/v1`, and by whom. */
export type Question = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
};

/** What a browser sends with everything that a page of this very address asks for. */
export function pageHeaders({ url }: PeerOfPages): Record<string, string> {
  return { origin: new URL(url).origin, 'sec-fetch-site': 'same-origin' };
}

export type PeerOfPages = Extract<Peer, { readonly url: string }>;

/** The cookies that an answer sets, as a browser sends them back. */
export function cookiesOf({ headers }: Answer): string {
  return (headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]).join('; ');
}

export async function ask(peer: Peer, { method, path, headers, body }: Question): Promise<Answer> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return exchange(peer, { method, path: `/api/v1${path}`, headers: { ...type, ...headers }, ...json });
}

/** For what must work. @throws CommandError that names the request, and nothing that was in it */
export async function must<T>(schema: z.ZodType<T>, peer: Peer, question: Question): Promise<T & WithAnswer> {
  const answer = await ask(peer, question);
  const told = answer.status >= 200 && answer.status < 300 ? schema.safeParse(parsed(answer.text)) : undefined;
  if (told?.success !== true)
    throw new CommandError(`${question.method} /api/v1${question.path} was answered with status ${answer.status}`);
  return { ...told.data, answer };
}

type WithAnswer = { readonly answer: Answer };

function parsed(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}
