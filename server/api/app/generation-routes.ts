import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  assemblePrompt,
  generateRequest,
  type PromptInput,
  tokenizeRequest,
  tokenizeResult,
  type VariableValues,
} from '../../../contract/app/index.ts';
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
        const { modelId, prompt, variables, parameters } = request.body;
        const { randomSeed: givenSeed, stopSequences } = parameters;
        const seed = givenSeed ?? randomSeed();
        const signal = abortOnDisconnect(reply);
        const events = inference.stream(
          actor,
          {
            projectId: request.params.projectId,
            request: {
              modelId,
              prompt: toEnginePrompt(prompt, variables),
              parameters: {
                decodingMethod: parameters.decodingMethod,
                maxNewTokens: parameters.maxNewTokens,
                minNewTokens: parameters.minNewTokens,
                temperature: parameters.temperature,
                topK: parameters.topK,
                topP: parameters.topP,
                repetitionPenalty: parameters.repetitionPenalty,
                frequencyPenalty: parameters.frequencyPenalty,
                presencePenalty: parameters.presencePenalty,
                includeStopSequence: parameters.includeStopSequence,
                seed,
                stopSequences: Confidential.of(stopSequences),
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
        const { modelId, prompt, variables } = request.body;
        const { inputTokens, contextLength } = await inference.tokenize(
          actor,
          { projectId: request.params.projectId, modelId, prompt: toEnginePrompt(prompt, variables) },
          abortOnDisconnect(reply),
        );
        return { inputTokens, contextLength };
      },
    );
  };
}

function toEnginePrompt(prompt: PromptInput, values: VariableValues): EnginePrompt {
  const assembled = assemblePrompt(prompt, values);
  return assembled.mode === 'freeform'
    ? { mode: 'text', text: Confidential.of(assembled.text) }
    : { mode: 'chat', messages: Confidential.of(assembled.messages) };
}
