import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Actor, type Confidential, newId } from '../../core/index.ts';
import type { EngineEvent, EngineRequest, GuardrailEvent, Guardrails } from '../../inference/index.ts';
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
import { chatLogProbabilities, chatText, finishReason } from './chat-response.ts';
import { toWatsonxError } from './error.ts';
import { generationResult } from './generation-response.ts';
import { modelWarnings } from './model-warnings.ts';
import { moderationWarnings } from './moderations.ts';
import { textChatRequest, textGenerationRequest, type WatsonxChat, type WatsonxGeneration } from './requests.ts';

/** IBM asks for the version of the API as a date in every call. */
const versionQuery = z.object({
  version: z
    .string({ error: 'is required, as ?version=YYYY-MM-DD' })
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date, YYYY-MM-DD'),
});

/** What every answer begins with. */
type Envelope = ReturnType<typeof modelWarnings> & {
  readonly model_id: string;
  readonly model_version: string;
  readonly created_at: string;
};

/** `/ml/v1/text/…` */
export function textRoutes(services: ApiServices, credentials: Credentials): FastifyPluginAsync {
  const { inference, clock } = services;
  const envelope = (modelId: string): Envelope => ({
    model_id: modelId,
    model_version: '1.0.0',
    created_at: clock.now().toISOString(),
    ...modelWarnings(modelId, services.models.lifecycleOf(modelId)),
  });

  const chatHead = (body: WatsonxChat) => ({
    id: `chatcmpl-${newId()}`,
    ...envelope(modelOf(body)),
    model: modelOf(body),
    created: Math.floor(clock.now().getTime() / 1000),
  });

  async function read<T>(request: FastifyRequest, schema: z.ZodType<T>): Promise<{ actor: Actor; body: T }> {
    const actor = await credentials.actorOf(request);
    parseRequest(versionQuery, request.query);
    return { actor, body: parseRequest(schema, request.body) };
  }

  function run(
    actor: Actor,
    {
      projectId,
      requests,
      guardrails,
    }: { readonly projectId: string; readonly requests: readonly EngineRequest[]; readonly guardrails?: Guardrails },
    fieldNames: FieldNames,
    reply: FastifyReply,
  ): AsyncIterable<AnswerEvent> {
    return readTogether(
      (signal) =>
        requests.map((request) => {
          const asked = { projectId, request, ...(guardrails === undefined ? {} : { guardrails }) };
          return inTheWordsOf(fieldNames, inference.stream(actor, asked, signal));
        }),
      abortOnDisconnect(reply),
    );
  }
  const runText = (actor: Actor, { projectId, request, moderations }: WatsonxGeneration, reply: FastifyReply) =>
    run(
      actor,
      { projectId, requests: [request], guardrails: moderations.guardrails },
      { modelId: 'model_id', prompt: 'input' },
      reply,
    );
  const runChat = (actor: Actor, body: WatsonxChat, reply: FastifyReply) =>
    run(actor, body, { modelId: 'model_id', prompt: 'messages' }, reply);

  return async (app) => {
    app.post('/ml/v1/text/generation', { schema: { hide: true } }, async (request, reply) => {
      const { actor, body } = await read(request, textGenerationRequest);
      const generations = await collectGenerations(runText(actor, body, reply), 1);
      return {
        ...envelope(body.request.modelId),
        results: generations.map((generation) => generationResult(body, generation)),
        ...moderationWarnings(generations.flatMap(({ findings }) => findings)),
      };
    });

    app.post('/ml/v1/text/generation_stream', { schema: { hide: true } }, async (request, reply) => {
      const { actor, body } = await read(request, textGenerationRequest);
      const events = await startGeneration(runText(actor, body, reply));
      await streamEvents(request, reply, generationMessages(body, events, envelope(body.request.modelId)));
    });

    app.post('/ml/v1/text/chat', { schema: { hide: true } }, async (request, reply) => {
      const { actor, body } = await read(request, textChatRequest);
      const generations = await collectGenerations(runChat(actor, body, reply), body.requests.length);
      return {
        ...chatHead(body),
        choices: generations.map((generation, index) => ({
          index,
          message: { role: 'assistant', content: chatText(generation.text) },
          finish_reason: finishReason(generation.stopReason),
          ...(body.requests[0]?.parameters.logProbabilities
            ? { logprobs: chatLogProbabilities(generation.logProbabilities) }
            : {}),
        })),
        usage: usageOf(generations),
      };
    });

    app.post('/ml/v1/text/chat_stream', { schema: { hide: true } }, async (request, reply) => {
      const { actor, body } = await read(request, textChatRequest);
      const events = await startGeneration(runChat(actor, body, reply));
      await streamEvents(request, reply, chatMessages(events, { ...chatHead(body), object: 'chat.completion.chunk' }));
    });
  };
}

/** Writes messages as IBM's event streams are: numbered, `event: message`, and `event: error` when the answer breaks off. */
async function streamEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  messages: AsyncIterable<object>,
): Promise<void> {
  const stream = new EventStream(reply);
  let id = 0;
  try {
    for await (const message of messages) {
      id += 1;
      await stream.send(JSON.stringify(message), { id, event: 'message' });
    }
  } catch (error) {
    await stream.send(JSON.stringify(toWatsonxError(toAppError(error), request.id).body), {
      id: id + 1,
      event: 'error',
    });
  } finally {
    stream.end();
  }
}

async function* generationMessages(body: WatsonxGeneration, events: AsyncIterable<AnswerEvent>, head: Envelope) {
  let inputTokens = 0;
  let inputText = body.inputText;
  // They go with the text that they are of, which comes next.
  const findings: GuardrailEvent[] = [];
  const message = (event: Omit<Generation, 'inputTokens'>, isLast: boolean) => {
    const result = generationResult({ ...body, inputText }, { ...event, inputTokens }, isLast);
    inputText = undefined;
    return { ...head, results: [result], ...moderationWarnings(event.findings) };
  };
  for await (const { event } of withoutQueue(events)) {
    if (event.type === 'started') inputTokens = event.inputTokens;
    else if (event.type === 'guardrail') findings.push(event);
    else if (event.type === 'text-delta') yield message({ ...pieceOf(event), findings: findings.splice(0) }, false);
    else {
      const { stopReason, outputTokens } = event;
      yield message({ text: [], logProbabilities: [], findings: findings.splice(0), stopReason, outputTokens }, true);
    }
  }
}

function pieceOf(event: Extract<EngineEvent, { type: 'text-delta' }>): Omit<Generation, 'inputTokens' | 'findings'> {
  return {
    text: [event.text],
    logProbabilities: event.logProbabilities === undefined ? [] : [event.logProbabilities],
    stopReason: 'max_tokens',
    outputTokens: event.outputTokens,
  };
}

/** Clients tell the answers apart by `index`. */
async function* chatMessages(events: AsyncIterable<AnswerEvent>, head: object) {
  const finished: { inputTokens: number; outputTokens: number }[] = [];
  for await (const { index, event } of withoutQueue(events)) {
    if (event.type === 'started')
      yield { ...head, choices: [{ index, finish_reason: null, delta: { role: 'assistant', content: '' } }] };
    if (event.type === 'text-delta') yield { ...head, choices: [chatPiece(index, event.text, event)] };
    if (event.type === 'done') {
      finished.push(event);
      yield { ...head, choices: [{ index, finish_reason: finishReason(event.stopReason), delta: { content: '' } }] };
    }
  }
  yield { ...head, choices: [], usage: usageOf(finished) };
}

function chatPiece(index: number, text: Confidential<string>, event: Extract<EngineEvent, { type: 'text-delta' }>) {
  return {
    index,
    finish_reason: null,
    delta: { content: chatText([text]) },
    ...(event.logProbabilities === undefined ? {} : { logprobs: chatLogProbabilities([event.logProbabilities]) }),
  };
}

function modelOf({ requests }: WatsonxChat): string {
  return requests[0]?.modelId ?? '';
}
