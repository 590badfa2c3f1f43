import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Actor, newId } from '../../core/index.ts';
import type { EngineEvent } from '../../inference/index.ts';
import type { Credentials } from '../credentials.ts';
import { abortOnDisconnect, EventStream } from '../event-stream.ts';
import { type FieldNames, inTheWordsOf } from '../field-names.ts';
import {
  type AnswerEvent,
  collectGenerations,
  type Generation,
  readTogether,
  startGeneration,
  usageOf,
  withoutQueue,
} from '../generation.ts';
import { parseRequest, toAppError } from '../request-error.ts';
import type { ApiServices } from '../services.ts';
import { toOpenAiError } from './error.ts';
import { chatCompletionRequest, completionRequest, type OpenAiGeneration } from './requests.ts';
import { chatLogProbabilities, completionLogProbabilities, finishReason, openAiText } from './response.ts';

/** What differs between `/v1/chat/completions` and `/v1/completions`. */
type Shape = {
  readonly fieldNames: FieldNames;
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  readonly first?: object;
  readonly answer: (
    generation: Pick<Generation, 'text' | 'logProbabilities'>,
    wantsLogProbabilities: boolean,
  ) => object;
  readonly piece: (event: Extract<EngineEvent, { type: 'text-delta' }>) => object;
  readonly last: object;
};

const chat: Shape = {
  fieldNames: { modelId: 'model', prompt: 'messages' },
  idPrefix: 'chatcmpl-',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  first: { delta: { role: 'assistant', content: '' } },
  answer: ({ text, logProbabilities }, wantsLogProbabilities) => ({
    message: { role: 'assistant', content: openAiText(text), refusal: null },
    logprobs: wantsLogProbabilities ? chatLogProbabilities(logProbabilities) : null,
  }),
  piece: ({ text, logProbabilities }) => ({
    delta: { content: openAiText([text]) },
    logprobs: logProbabilities === undefined ? null : chatLogProbabilities([logProbabilities]),
  }),
  last: { delta: {} },
};

const text: Shape = {
  fieldNames: { modelId: 'model', prompt: 'prompt' },
  idPrefix: 'cmpl-',
  object: 'text_completion',
  chunkObject: 'text_completion',
  answer: ({ text: pieces, logProbabilities }, wantsLogProbabilities) => ({
    text: openAiText(pieces),
    logprobs: wantsLogProbabilities ? completionLogProbabilities(logProbabilities) : null,
  }),
  piece: ({ text: piece, logProbabilities }) => ({
    text: openAiText([piece]),
    logprobs: logProbabilities === undefined ? null : completionLogProbabilities([logProbabilities]),
  }),
  last: { text: '' },
};

/** `/v1/chat/completions` and `/v1/completions`. The header `OpenAI-Project` (the SDKs' `project` option) may name a project. */
export function openAiGenerationRoutes(
  { inference, clock }: ApiServices,
  credentials: Credentials,
): FastifyPluginAsync {
  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    schema: z.ZodType<OpenAiGeneration>,
    shape: Shape,
  ): Promise<object | undefined> {
    const actor = await credentials.actorOf(request);
    const body = parseRequest(schema, request.body);
    const head = {
      id: `${shape.idPrefix}${newId()}`,
      created: Math.floor(clock.now().getTime() / 1000),
      model: body.modelId,
    };
    const events = readTogether(
      (signal) =>
        body.requests.map((one) =>
          inTheWordsOf(
            shape.fieldNames,
            inference.stream(actor, { ...projectOf(request, actor), request: one }, signal),
          ),
        ),
      abortOnDisconnect(reply),
    );
    if (body.isStream) {
      const started = await startGeneration(events);
      const stream = new EventStream(reply);
      try {
        for await (const chunk of chunks({ ...head, object: shape.chunkObject }, started, shape, body.wantsUsage))
          await stream.send(JSON.stringify(chunk));
        await stream.send('[DONE]');
      } catch (error) {
        await stream.send(JSON.stringify(toOpenAiError(toAppError(error), request.id).body));
      } finally {
        stream.end();
      }
      return undefined;
    }
    const generations = await collectGenerations(events, body.requests.length);
    const wantsLogProbabilities = body.requests[0]?.parameters.logProbabilities !== undefined;
    return {
      ...head,
      object: shape.object,
      choices: generations.map((generation, index) => ({
        index,
        ...shape.answer(generation, wantsLogProbabilities),
        finish_reason: finishReason(generation.stopReason),
      })),
      usage: usageOf(generations),
    };
  }

  return async (app) => {
    app.post('/v1/chat/completions', { schema: { hide: true } }, (request, reply) =>
      answer(request, reply, chatCompletionRequest, chat),
    );
    app.post('/v1/completions', { schema: { hide: true } }, (request, reply) =>
      answer(request, reply, completionRequest, text),
    );
  };
}

async function* chunks(head: object, events: AsyncIterable<AnswerEvent>, shape: Shape, wantsUsage: boolean) {
  const finished: { inputTokens: number; outputTokens: number }[] = [];
  // With include_usage every chunk but the last says `usage: null`, as OpenAI's reference has it.
  const base = wantsUsage ? { ...head, usage: null } : head;
  for await (const { index, event } of withoutQueue(events)) {
    if (event.type === 'started' && shape.first !== undefined)
      yield { ...base, choices: [{ index, ...shape.first, logprobs: null, finish_reason: null }] };
    if (event.type === 'text-delta')
      yield { ...base, choices: [{ index, ...shape.piece(event), finish_reason: null }] };
    if (event.type === 'done') {
      finished.push(event);
      yield {
        ...base,
        choices: [{ index, ...shape.last, logprobs: null, finish_reason: finishReason(event.stopReason) }],
      };
    }
  }
  if (wantsUsage) yield { ...head, choices: [], usage: usageOf(finished) };
}

/** A key for one project runs in that one, without naming it. */
function projectOf(request: FastifyRequest, { scope }: Actor): { projectId?: string } {
  const named = request.headers['openai-project'];
  const projectId = typeof named === 'string' && named !== '' ? named : scope?.projectId;
  return projectId === undefined ? {} : { projectId };
}
