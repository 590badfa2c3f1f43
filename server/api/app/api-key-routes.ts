import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  apiKeyList,
  type ApiKey as ContractApiKey,
  createApiKeyRequest,
  createdApiKey,
} from '../../../contract/app/index.ts';
import type { ApiKey, NewApiKey } from '../../identity/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';

const tags = ['API keys'];
const params = z.object({ apiKeyId: z.string() });

/** API keys of one's own. */
export function apiKeyRoutes({ identity }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api-keys',
      { schema: { tags, summary: 'List your API keys', response: { 200: apiKeyList } } },
      async (request) => ({
        items: (await identity.listApiKeys(await credentials.actorOf(request))).map(toApiKey),
      }),
    );

    app.post(
      '/api-keys',
      {
        schema: { tags, summary: 'Create an API key', body: createApiKeyRequest, response: { 201: createdApiKey } },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const { apiKey, key } = await identity.createApiKey(actor, toNewApiKey(request.body));
        return reply.code(201).send({ ...toApiKey(apiKey), key: key.expose() });
      },
    );

    app.post(
      '/api-keys/:apiKeyId/rotate',
      {
        schema: { tags, summary: 'Give an API key a new secret', params, response: { 200: createdApiKey } },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const { apiKey, key } = await identity.rotateApiKey(actor, request.params.apiKeyId);
        return { ...toApiKey(apiKey), key: key.expose() };
      },
    );

    app.delete(
      '/api-keys/:apiKeyId',
      { schema: { tags, summary: 'Delete an API key', params, response: { 204: z.null() } } },
      async (request, reply) => {
        await identity.deleteApiKey(await credentials.actorOf(request), request.params.apiKeyId);
        return reply.code(204).send(null);
      },
    );
  };
}

/** An API key as the contract writes it. */
export function toApiKey({ id, name, prefix, scope, createdAt, expiresAt, lastUsedAt }: ApiKey): ContractApiKey {
  const { modelIds, ...rest } = scope;
  return {
    id,
    name,
    prefix,
    scope: { ...rest, ...(modelIds === undefined ? {} : { modelIds: [...modelIds] }) },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}

/** What identity makes an API key of. */
export function toNewApiKey({ name, scope, expiresAt }: z.output<typeof createApiKeyRequest>): NewApiKey {
  return { name, scope: withoutUndefined(scope), expiresAt: expiresAt === null ? null : new Date(expiresAt) };
}
