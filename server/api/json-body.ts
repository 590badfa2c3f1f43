import type { FastifyInstance } from 'fastify';
import { AppError } from '../core/index.ts';

/** Prompts may be long; nothing else in a JSON body is. */
export const MAX_JSON_BYTES = 32 * 1024 * 1024;

/**
 * Reads JSON bodies strictly: UTF-8 that is not valid is refused instead of being replaced, and a body that is no JSON is refused
 * without the parser's own words, which quote it.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: MAX_JSON_BYTES },
    (_request, body, done) => {
      try {
        const text = decode(body as Buffer);
        done(null, text.trim() === '' ? undefined : parse(text));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new AppError('invalid-argument', 'The body is not valid UTF-8.', {
      details: { fields: [{ field: 'body', message: 'is not valid UTF-8' }] },
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('invalid-argument', 'The body is not valid JSON.', {
      details: { fields: [{ field: 'body', message: 'is not valid JSON' }] },
    });
  }
}
