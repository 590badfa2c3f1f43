import type { FastifyInstance } from 'fastify';
import type { ApiServices } from './services.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route that process managers ask. It holds nothing, so it answers under any name. */
    isHealth?: boolean;
  }
}

const health = { config: { isHealth: true }, schema: { hide: true } } as const;

/** What process managers ask. No credential, no content, no version. */
export function addHealthRoutes(app: FastifyInstance, { checkReadiness }: ApiServices): void {
  app.get('/healthz', health, async () => ({ status: 'ok' }));
  app.get('/readyz', health, async (_request, reply) => {
    const missing = await checkReadiness();
    return reply
      .code(missing.length === 0 ? 200 : 503)
      .send({ status: missing.length === 0 ? 'ready' : 'not ready', missing });
  });
}
