import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { deployment } from '../../../contract/app/index.ts';
import { notFound } from '../../core/index.ts';
import { type Credentials, openRoute } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

/** What the command line on the same machine asks; over the network there is no such thing. */
export function operationRoutes({ describeDeployment }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get('/deployment', { ...openRoute, schema: { hide: true, response: { 200: deployment } } }, async (request) => {
      if (!credentials.isControlSocket(request)) throw notFound('page', '/api/v1/deployment');
      return describeDeployment();
    });
  };
}
