import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { asset, promptCode, promptCodeRequest, saveNotebookRequest } from '../../../contract/app/index.ts';
import { Confidential } from '../../core/index.ts';
import type { Credentials } from '../credentials.ts';
import type { ApiServices } from '../services.ts';
import { toAsset } from './asset-routes.ts';

const tags = ['Code and notebooks'];
const inProject = z.object({ projectId: z.string() });

/** Prompts as code. A prompt is wrapped on the way in, and its code revealed for whoever sent it. */
export function promptCodeRoutes(
  { promptCode: service }: ApiServices,
  credentials: Credentials,
): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/projects/:projectId/prompt-code',
      {
        schema: {
          tags,
          summary: 'Make code that runs a prompt; nothing is stored',
          params: inProject,
          body: promptCodeRequest,
          response: { 200: promptCode },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const { language, ...prompt } = request.body;
        const asked = { language, prompt: Confidential.of(prompt) };
        return (await service.codeOf(actor, request.params.projectId, asked)).reveal('write-response');
      },
    );

    app.post(
      '/projects/:projectId/notebooks',
      {
        schema: {
          tags,
          summary: 'Save a Jupyter notebook that runs a prompt',
          params: inProject,
          body: saveNotebookRequest,
          response: { 201: asset },
        },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const { name, description, sdk, ...prompt } = request.body;
        const notebook = { name, description, sdk, prompt: Confidential.of(prompt) };
        return reply.code(201).send(toAsset(await service.saveNotebook(actor, request.params.projectId, notebook)));
      },
    );
  };
}
