import type { FastifyPluginAsync } from 'fastify';
import { AppError } from '../../core/index.ts';
import type { Credentials } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

/** `/v1/models`: the models that can be used now. */
export function openAiModelRoutes({ models }: ApiServices, credentials: Credentials): FastifyPluginAsync {
  return async (app) => {
    app.get('/v1/models', { schema: { hide: true } }, async (request) => {
      const available = (await models.list(await credentials.actorOf(request))).filter(
        ({ installation }) => installation.state === 'available',
      );
      return { object: 'list', data: available.map(toOpenAiModel) };
    });

    // A model id holds a slash, which clients send as it is or as %2F.
    app.get('/v1/models/*', { schema: { hide: true } }, async (request) => {
      const id = (request.params as { '*': string })['*'];
      const found = (await models.list(await credentials.actorOf(request))).find(
        ({ modelId, installation }) => modelId === id && installation.state === 'available',
      );
      if (found === undefined)
        throw new AppError('not-found', `There is no model "${id.slice(0, 200)}" here.`, {
          details: { reason: 'model-not-found' },
        });
      return toOpenAiModel(found);
    });
  };
}

function toOpenAiModel({ modelId, publisher }: { modelId: string; publisher: string }) {
  // The day is the same for all: when a file came here is nobody's business, and clients only sort by it.
  return { id: modelId, object: 'model', created: 1_767_225_600, owned_by: publisher };
}
