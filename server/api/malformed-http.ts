import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Problem } from '../../contract/app/index.ts';
import { AppError, newId } from '../core/index.ts';
import { toProblem } from './app/problem.ts';

type Refusal = { readonly status: number; readonly reason: string; readonly detail: string };

const MALFORMED: Refusal = { status: 400, reason: 'Bad Request', detail: 'What came is not a valid HTTP/1.1 request.' };

/** By the codes of Node.js, https://nodejs.org/api/http.html#event-clienterror; the statuses are those that it answers with itself. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    detail: 'The address and the headers of a request have 16 KiB together: send long text in the body.',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    reason: 'Payload Too Large',
    detail: 'The extensions of the chunks of a body are too large.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: 'Request Timeout',
    detail: 'The head of the request did not come within 30 seconds.',
  },
};

/**
 * Answers bytes that never became a request, so that no route and no surface knows of them: in the app's shape, and without a word of
 * them. Then the connection ends.
 */
export function refuseMalformedHttp(error: { readonly code?: string }, socket: Duplex): void {
  // An answer that has begun would get this one into its middle.
  const { _httpMessage: begun } = socket as { readonly _httpMessage?: ServerResponse };
  if (!socket.writable || begun?.headersSent === true) return void socket.destroy();
  const { status, reason, detail } = REFUSALS[error.code ?? ''] ?? MALFORMED;
  const problem: Problem = { ...toProblem(new AppError('invalid-argument', detail), newId()), status };
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
