import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { model, modelList } from '../../../contract/app/index.ts';
import { invalidField } from '../../core/index.ts';
import type { Credentials } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Models'];
/** A model id holds a slash; a client sends it as `%2F`. */
const params = z.object({ modelId: z.string() });

/** The catalogue and the models that are here. */
export function modelRoutes({ models }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/models',
      { schema: { tags, summary: 'List the catalogue and what is installed', response: { 200: modelList } } },
      async (request) => ({
        items: [...(await models.list(await credentials.actorOf(request)))],
      }),
    );

    app.post(
      '/models/:modelId/pull',
      {
        schema: {
          tags,
          summary: 'Fetch a model of the catalogue; look at the list for progress',
          params,
          response: { 202: z.null() },
        },
      },
      async (request, reply) => {
        await models.pull(await credentials.actorOf(request), request.params.modelId);
        return reply.code(202).send(null);
      },
    );

    await app.register(importRoute(models, credentials));

    app.delete(
      '/models/:modelId',
      { schema: { tags, summary: 'Remove a model’s file', params, response: { 204: z.null() } } },
      async (request, reply) => {
        await models.remove(await credentials.actorOf(request), request.params.modelId);
        return reply.code(204).send(null);
      },
    );
  };
}

/** In a scope of its own, which reads no other kind of body: a model file is streamed to its place, never collected in memory. */
function importRoute(models: ApiServices['models'], credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
    app.put(
      '/models/:modelId/file',
      { schema: { tags, summary: 'Import a GGUF file (application/octet-stream)', params, response: { 201: model } } },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        if (request.body == null) throw invalidField('body', 'must be a GGUF file, sent as application/octet-stream');
        const imported = await models.importFile(
          actor,
          request.params.modelId,
          request.body as AsyncIterable<Uint8Array>,
        );
        return reply.code(201).send(imported);
      },
    );
  };
}
