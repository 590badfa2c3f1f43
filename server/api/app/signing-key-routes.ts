import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { rotatedSigningKey, rotateSigningKeyRequest } from '../../../contract/app/index.ts';
import { type Credentials, operatorRoute } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

/** The deployment's signing keys, for the command line on the same machine. */
export function signingKeyRoutes({ identity }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/signing-keys/rotate',
      {
        ...operatorRoute(credentials),
        schema: { hide: true, body: rotateSigningKeyRequest, response: { 200: rotatedSigningKey } },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return { id: await identity.rotateSigningKey(actor, request.body.purpose) };
      },
    );
  };
}
