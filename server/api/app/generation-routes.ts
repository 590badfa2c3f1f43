import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  assemblePrompt,
  type DecodingParameters,
  generateRequest,
  type PromptInput,
  type ResponseFormat,
  tokenizeRequest,
  tokenizeResult,
  type VariableValues,
} from '../../../contract/app/index.ts';
import { Confidential, randomSeed } from '../../core/index.ts';
import {
  anyJsonObject,
  type EngineParameters,
  type EnginePrompt,
  type JsonShape,
  readJsonSchema,
} from '../../inference/index.ts';
import type { Credentials } from '../credentials.ts';
import { abortOnDisconnect, EventStream } from '../event-stream.ts';
import { startGeneration } from '../generation.ts';
import { withoutUndefined } from '../optional.ts';
import { toAppError } from '../request-error.ts';
import type { ApiServices } from '../services.ts';
import { toGenerationEvent, toPromptTokens } from './generation-events.ts';
import { toGuardrails } from './guardrails.ts';
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
        const { modelId, prompt, variables, parameters, guardrails } = request.body;
        const seed = parameters.randomSeed ?? randomSeed();
        const events = inference.stream(
          actor,
          {
            projectId: request.params.projectId,
            request: {
              modelId,
              prompt: toEnginePrompt(prompt, variables),
              parameters: toEngineParameters(parameters, seed),
            },
            guardrails: toGuardrails(guardrails, parameters),
          },
          abortOnDisconnect(reply),
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
        const { modelId, prompt, variables, withTokens } = request.body;
        const { inputTokens, contextLength, pieces } = await inference.tokenize(
          actor,
          { projectId: request.params.projectId, modelId, prompt: toEnginePrompt(prompt, variables) },
          abortOnDisconnect(reply),
        );
        return { inputTokens, contextLength, ...(withTokens ? { tokens: toPromptTokens(pieces) } : {}) };
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

function toEngineParameters(parameters: DecodingParameters, seed: number): EngineParameters {
  const { randomSeed: _given, stopSequences, timeLimit, logProbabilities, responseFormat, ...others } = parameters;
  return withoutUndefined({
    ...others,
    seed,
    stopSequences: Confidential.of<readonly string[]>(stopSequences),
    timeLimitMs: timeLimit,
    logProbabilities: logProbabilities === undefined ? undefined : { alternatives: logProbabilities },
    jsonShape: toJsonShape(responseFormat),
  });
}

function toJsonShape(format: ResponseFormat): Confidential<JsonShape> | undefined {
  switch (format.type) {
    case 'text':
      return undefined;
    case 'json_object':
      return Confidential.of(anyJsonObject);
    case 'json_schema':
      return Confidential.of(readJsonSchema(format.schema, 'parameters.responseFormat.schema'));
  }
}
