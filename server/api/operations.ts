import type { FastifyInstance } from 'fastify';
import type { ApiServices } from './services.ts';

/** What process managers ask. No credential, no content, no version. */
export function addHealthRoutes(app: FastifyInstance, { checkReadiness }: ApiServices): void {
  app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'ok' }));
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const missing = await checkReadiness();
    return reply
      .code(missing.length === 0 ? 200 : 503)
      .send({ status: missing.length === 0 ? 'ready' : 'not ready', missing });
  });
}
