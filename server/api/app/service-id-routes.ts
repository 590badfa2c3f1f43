import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  apiKeyList,
  type ServiceId as ContractServiceId,
  changeServiceIdRequest,
  createApiKeyRequest,
  createdApiKey,
  createServiceIdRequest,
  serviceId,
  serviceIdList,
} from '../../../contract/app/index.ts';
import type { ServiceId } from '../../identity/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';
import { toApiKey, toNewApiKey } from './api-key-routes.ts';

const tags = ['Service IDs'];
const params = z.object({ serviceId: z.string() });
const keyParams = params.extend({ apiKeyId: z.string() });

/** Service IDs of the account, and their API keys. */
export function serviceIdRoutes({ serviceIds }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/service-ids',
      { schema: { tags, summary: 'List the service IDs', response: { 200: serviceIdList } } },
      async (request) => ({
        items: (await serviceIds.list(await credentials.actorOf(request))).map(toServiceId),
      }),
    );

    app.post(
      '/service-ids',
      { schema: { tags, summary: 'Create a service ID', body: createServiceIdRequest, response: { 201: serviceId } } },
      async (request, reply) => {
        const created = await serviceIds.create(await credentials.actorOf(request), request.body);
        return reply.code(201).send(toServiceId(created));
      },
    );

    app.patch(
      '/service-ids/:serviceId',
      {
        schema: {
          tags,
          summary: 'Rename, describe, suspend or resume a service ID',
          params,
          body: changeServiceIdRequest,
          response: { 200: serviceId },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return toServiceId(await serviceIds.change(actor, request.params.serviceId, withoutUndefined(request.body)));
      },
    );

    app.delete(
      '/service-ids/:serviceId',
      { schema: { tags, summary: 'Remove a service ID with its API keys', params, response: { 204: z.null() } } },
      async (request, reply) => {
        await serviceIds.remove(await credentials.actorOf(request), request.params.serviceId);
        return reply.code(204).send(null);
      },
    );

    await app.register(apiKeysOfServiceIds(serviceIds, credentials));
  };
}

function apiKeysOfServiceIds(serviceIds: ApiServices['serviceIds'], credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/service-ids/:serviceId/api-keys',
      { schema: { tags, summary: 'List the API keys of a service ID', params, response: { 200: apiKeyList } } },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return { items: (await serviceIds.listApiKeys(actor, request.params.serviceId)).map(toApiKey) };
      },
    );

    app.post(
      '/service-ids/:serviceId/api-keys',
      {
        schema: {
          tags,
          summary: 'Create an API key for a service ID',
          params,
          body: createApiKeyRequest,
          response: { 201: createdApiKey },
        },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const wanted = toNewApiKey(request.body);
        const { apiKey, key } = await serviceIds.createApiKey(actor, request.params.serviceId, wanted);
        return reply.code(201).send({ ...toApiKey(apiKey), key: key.expose() });
      },
    );

    app.post(
      '/service-ids/:serviceId/api-keys/:apiKeyId/rotate',
      {
        schema: {
          tags,
          summary: 'Give an API key of a service ID a new secret',
          params: keyParams,
          response: { 200: createdApiKey },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const { serviceId: id, apiKeyId } = request.params;
        const { apiKey, key } = await serviceIds.rotateApiKey(actor, id, apiKeyId);
        return { ...toApiKey(apiKey), key: key.expose() };
      },
    );

    app.delete(
      '/service-ids/:serviceId/api-keys/:apiKeyId',
      {
        schema: { tags, summary: 'Delete an API key of a service ID', params: keyParams, response: { 204: z.null() } },
      },
      async (request, reply) => {
        const { serviceId: id, apiKeyId } = request.params;
        await serviceIds.deleteApiKey(await credentials.actorOf(request), id, apiKeyId);
        return reply.code(204).send(null);
      },
    );
  };
}

function toServiceId({ id, name, description, isSuspended, createdAt }: ServiceId): ContractServiceId {
  return { id, name, description, isSuspended, createdAt: createdAt.toISOString() };
}
