import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { generateRequest, type PromptInput, tokenizeRequest, tokenizeResult } from '../../../contract/app/index.ts';
import { Confidential, randomSeed } from '../../core/index.ts';
import type { EnginePrompt } from '../../inference/index.ts';
import type { Credentials } from '../credentials.ts';
import { abortOnDisconnect, EventStream } from '../event-stream.ts';
import { startGeneration } from '../generation.ts';
import { toAppError } from '../request-error.ts';
import type { ApiServices } from '../services.ts';
import { toGenerationEvent } from './generation-events.ts';
import { toProblem } from './problem.ts';

const tags = ['Generation'];
const params = z.object({ projectId: z.string() });

/** Running prompts and counting their tokens. Nothing of either is stored. */
export function generationRoutes({ inference }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/projects/:projectId/generate',
      { schema: { tags, summary: 'Run a prompt; answers with server-sent events', params, body: generateRequest } },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const { modelId, prompt, parameters } = request.body;
        const { randomSeed: givenSeed, stopSequences, ...decoding } = parameters;
        const seed = givenSeed ?? randomSeed();
        const signal = abortOnDisconnect(reply);
        const events = inference.stream(
          actor,
          {
            projectId: request.params.projectId,
            request: {
              modelId,
              prompt: toEnginePrompt(prompt),
              parameters: {
                ...decoding,
                seed,
                stopSequences: Confidential.of(stopSequences),
                includeStopSequence: true,
                frequencyPenalty: 0,
                presencePenalty: 0,
              },
            },
          },
          signal,
        );
        const started = await startGeneration(events);
        const stream = new EventStream(reply);
        try {
          for await (const event of started) await stream.send(JSON.stringify(toGenerationEvent(event, seed)));
        } catch (error) {
          await stream.send(JSON.stringify({ type: 'error', problem: toProblem(toAppError(error), request.id) }));
        } finally {
          stream.end();
        }
      },
    );

    app.post(
      '/projects/:projectId/tokenize',
      {
        schema: {
          tags,
          summary: 'Count the tokens of a prompt as the model reads it',
          params,
          body: tokenizeRequest,
          response: { 200: tokenizeResult },
        },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const { modelId, prompt } = request.body;
        const { inputTokens, contextLength } = await inference.tokenize(
          actor,
          { projectId: request.params.projectId, modelId, prompt: toEnginePrompt(prompt) },
          abortOnDisconnect(reply),
        );
        return { inputTokens, contextLength };
      },
    );
  };
}

function toEnginePrompt(prompt: PromptInput): EnginePrompt {
  return prompt.mode === 'freeform'
    ? { mode: 'text', text: Confidential.of(prompt.text) }
    : { mode: 'chat', messages: Confidential.of(prompt.messages) };
}
