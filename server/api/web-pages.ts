import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

const MISSING =
  'The web pages are not built. Run `npm run build:web`, and load this page again. The APIs work without them.\n';

/** The web application's files. Names with a hash never change and may be kept; the page itself may not. */
export function serveWebPages(app: FastifyInstance, directory: string): (reply: FastifyReply) => FastifyReply {
  if (!existsSync(join(directory, 'assets'))) return sendMissing;
  void app.register(fastifyStatic, {
    root: join(directory, 'assets'),
    prefix: '/assets/',
    index: false,
    cacheControl: false,
    setHeaders: (reply) => reply.header('cache-control', 'public, max-age=31536000, immutable'),
  });
  return (reply) => {
    return reply.sendFile('index.html', directory, { cacheControl: false });
  };
}

function sendMissing(reply: FastifyReply): FastifyReply {
  return reply.code(503).type('text/plain; charset=utf-8').send(MISSING);
}
