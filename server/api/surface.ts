import type { FastifyReply } from 'fastify';
import type { AppError } from '../core/index.ts';
import { toProblem } from './app/problem.ts';
import { toOpenAiError } from './openai/error.ts';
import { toWatsonxError } from './watsonx/error.ts';
import { toIdentityError } from './watsonx/identity-error.ts';

export type Surface = 'app' | 'watsonx' | 'identity' | 'openai' | 'web';

/** Which surface a path belongs to: it decides the shape of errors, also of those that come before any route. */
export function surfaceOf(path: string): Surface {
  if (path.startsWith('/api/')) return 'app';
  if (path.startsWith('/v1/')) return 'openai';
  if (path.startsWith('/identity/')) return 'identity';
  if (/^\/(ml|wx|v2|icp4d-api)\//.test(path)) return 'watsonx';
  return 'web';
}

/** An error in the surface's own shape. */
export function errorAnswer(
  surface: Surface,
  error: AppError,
  trace: string,
): { status: number; body: object; contentType: string } {
  const write = JSON_ERRORS[surface];
  if (write !== undefined) return { ...write(error, trace), contentType: 'application/json; charset=utf-8' };
  const problem = toProblem(error, trace);
  return { status: problem.status, body: problem, contentType: 'application/problem+json; charset=utf-8' };
}

const JSON_ERRORS: Partial<Record<Surface, typeof toWatsonxError>> = {
  watsonx: toWatsonxError,
  identity: toIdentityError,
  openai: toOpenAiError,
};

/** Sends it, with `Retry-After` where waiting helps. */
export function sendError(reply: FastifyReply, surface: Surface, error: AppError, trace: string): FastifyReply {
  const { status, body, contentType } = errorAnswer(surface, error, trace);
  const { retryAfterSeconds } = error.details;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterSeconds)));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).type(contentType).send(JSON.stringify(body));
}
