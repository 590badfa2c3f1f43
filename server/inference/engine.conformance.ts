/** What every engine must do; each adapter and the fake run it. */
import { describe, expect, it } from 'vitest';
import { Confidential, isAppError } from '../core/index.ts';
import type { ChatMessage, Engine, EngineEvent, EngineParameters, EnginePrompt, StopReason } from './engine.ts';
import { readJsonSchema } from './json-schema.ts';
import { anyJsonObject, type JsonShape } from './json-shape.ts';
import { greedyParameters as greedy } from './testing.ts';

export type EngineUnderTest = {
  readonly engine: () => Engine;
  /** A model that has a chat template. */
  readonly chatModelId: string;
};

type Run = {
  readonly events: readonly EngineEvent[];
  readonly text: string;
  readonly stopReason: StopReason;
  readonly inputTokens: number;
  readonly outputTokens: number;
};

const sample: EngineParameters = { ...greedy, decodingMethod: 'sample', temperature: 1.5, topK: 0 };

const text = (value: string): EnginePrompt => ({ mode: 'text', text: Confidential.of(value) });
const chat = (...messages: ChatMessage[]): EnginePrompt => ({
  mode: 'chat',
  messages: Confidential.of<readonly ChatMessage[]>(messages),
});
const never = new AbortController().signal;
const open = (piece: Confidential<string>): string => piece.reveal('write-response');

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** As many alternatives that begin alike as a schema may have: all of them have to be followed at each token. */
function heaviestSchema(): object {
  const list = (depth: number): object =>
    depth === 0
      ? { type: 'string', maxLength: 9 }
      : {
          anyOf: [0, 1].map((least) => ({
            type: 'array',
            minItems: least,
            maxItems: 40 + depth,
            items: list(depth - 1),
          })),
        };
  return list(5);
}

export function engineConformance(name: string, { engine, chatModelId }: EngineUnderTest): void {
  async function run(
    prompt: EnginePrompt,
    parameters: Partial<EngineParameters> = {},
    signal: AbortSignal = never,
    base: EngineParameters = greedy,
  ): Promise<Run> {
    const events: EngineEvent[] = [];
    const request = { modelId: chatModelId, prompt, parameters: { ...base, ...parameters } };
    for await (const event of engine().stream(request, signal)) events.push(event);
    const done = events.at(-1);
    if (done?.type !== 'done') throw new Error('the last event is not `done`');
    return {
      events,
      text: events.map((event) => (event.type === 'text-delta' ? open(event.text) : '')).join(''),
      stopReason: done.stopReason,
      inputTokens: done.inputTokens,
      outputTokens: done.outputTokens,
    };
  }

  async function failure(work: Promise<unknown>): Promise<{ code: string; reason: string | undefined }> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!isAppError(error)) throw new Error(`not an AppError: ${String(error)}`);
    return { code: error.code, reason: error.details.reason };
  }

  describe(`${name} is an engine that`, () => {
    it('lists the model with its context and functions', async () => {
      const model = (await engine().listModels()).find(({ modelId }) => modelId === chatModelId);
      expect(model?.contextLength).toBeGreaterThan(100);
      expect(model?.functions).toContain('text_chat');
    });

    it('tells `started` once, pieces of text, and `done` as its last', async () => {
      const { events, text: answer, inputTokens, outputTokens } = await run(text('The contract says that'));
      expect(events.map(({ type }) => type).filter((type) => type === 'started')).toHaveLength(1);
      expect(events[0]).toEqual({ type: 'started', inputTokens });
      expect(events.filter(({ type }) => type === 'done')).toHaveLength(1);
      expect(events.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(1);
      expect(answer.length).toBeGreaterThan(0);
      expect(outputTokens).toBeGreaterThan(1);
    });

    it('counts output tokens upwards, to the count of `done`', async () => {
      const { events, outputTokens } = await run(text('The contract says that'));
      const counts = events.flatMap((event) => (event.type === 'text-delta' ? [event.outputTokens] : []));
      expect(counts).toEqual([...counts].sort((one, other) => one - other));
      expect(counts.at(-1)).toBeLessThanOrEqual(outputTokens);
    });

    it('answers a greedy request the same way each time, alone or beside others', async () => {
      const first = await run(text('The first rule of the court is'));
      const crowd = await Promise.all(
        ['The first rule of the court is', 'A patient', 'The code', 'The first rule of the court is'].map((prompt) =>
          run(text(prompt)),
        ),
      );
      expect(crowd[0]?.text).toBe(first.text);
      expect(crowd[3]?.text).toBe(first.text);
      expect(crowd[1]?.text).not.toBe(first.text);
    });

    it('begins each request with nothing of those that ran in its place before', async () => {
      const prompt = text('The first rule of the court is');
      const before = await run(prompt);
      for (let round = 0; round < engine().concurrency + 1; round += 1)
        await run(text(`Patient ${round} has a secret: the heron. The heron`), { maxNewTokens: 8 });
      expect((await run(prompt)).text).toBe(before.text);
    });

    it('draws by the seed', async () => {
      const prompt = text('Once upon a time');
      const [one, again, other] = [
        await run(prompt, { seed: 7 }, never, sample),
        await run(prompt, { seed: 7 }, never, sample),
        await run(prompt, { seed: 8 }, never, sample),
      ];
      expect(again.text).toBe(one.text);
      expect(other.text).not.toBe(one.text);
    });

    it('ends at the most tokens', async () => {
      const { stopReason, outputTokens } = await run(text('The contract says that'), { maxNewTokens: 5 });
      expect({ stopReason, outputTokens }).toEqual({ stopReason: 'max_tokens', outputTokens: 5 });
    });

    it('does not end before the least tokens', async () => {
      const { outputTokens } = await run(text('Yes.'), { minNewTokens: 60, maxNewTokens: 64 });
      expect(outputTokens).toBeGreaterThanOrEqual(60);
    });

    it('ends with a stop sequence, included or not, and gives nothing after it', async () => {
      const whole = await run(text('The contract says that'));
      const stop = whole.text.slice(6, 12);
      const before = whole.text.slice(0, whole.text.indexOf(stop));
      const stopSequences = Confidential.of<readonly string[]>([stop]);
      const included = await run(text('The contract says that'), { stopSequences });
      expect(included.text).toBe(before + stop);
      expect(included.stopReason).toBe('stop_sequence');
      const left = await run(text('The contract says that'), { stopSequences, includeStopSequence: false });
      expect(left.text).toBe(before);
      expect(left.stopReason).toBe('stop_sequence');
    });

    it('lets stop sequences pass until the least number of tokens is there', async () => {
      const whole = await run(text('The contract says that'));
      const stop = whole.text.slice(6, 12);
      const stopSequences = Confidential.of<readonly string[]>([stop]);
      const { text: answer, outputTokens } = await run(text('The contract says that'), {
        stopSequences,
        minNewTokens: 12,
      });
      expect(outputTokens).toBeGreaterThanOrEqual(12);
      expect(answer.length).toBeGreaterThan(whole.text.indexOf(stop) + stop.length);
      expect(whole.text.startsWith(answer)).toBe(true);
    });

    it('ends at its time limit', async () => {
      const { stopReason, outputTokens } = await run(text('Count for ever: one, two,'), {
        timeLimitMs: 1,
        minNewTokens: 400,
        maxNewTokens: 400,
      });
      expect(stopReason).toBe('time_limit');
      expect(outputTokens).toBeLessThan(400);
    });

    it('ends as cancelled when the signal aborts in the middle, and runs the next request', async () => {
      const controller = new AbortController();
      const request = {
        modelId: chatModelId,
        prompt: text('Count for ever: one, two,'),
        parameters: { ...greedy, minNewTokens: 400, maxNewTokens: 400 },
      };
      const events: EngineEvent[] = [];
      for await (const event of engine().stream(request, controller.signal)) {
        events.push(event);
        if (event.type === 'text-delta') controller.abort();
      }
      const done = events.at(-1);
      expect(done).toMatchObject({ type: 'done', stopReason: 'cancelled' });
      expect(done?.type === 'done' ? done.outputTokens : 400).toBeLessThan(400);
      expect((await run(text('Next'))).stopReason).not.toBe('cancelled');
    });

    it('ends as cancelled at once when the signal was aborted before', async () => {
      expect(await run(text('Never read'), {}, AbortSignal.abort())).toMatchObject({
        stopReason: 'cancelled',
        outputTokens: 0,
      });
    });

    it('frees its place when the reader stops reading', async () => {
      for (let round = 0; round < engine().concurrency + 2; round += 1) {
        const request = {
          modelId: chatModelId,
          prompt: text('Count for ever: one, two,'),
          parameters: { ...greedy, minNewTokens: 200, maxNewTokens: 200 },
        };
        for await (const event of engine().stream(request, never)) if (event.type === 'text-delta') break;
      }
      expect((await run(text('The contract'))).outputTokens).toBeGreaterThan(0);
    });

    it('gives log probabilities, the likeliest alternatives first', async () => {
      const { events, outputTokens } = await run(text('The contract says that'), {
        maxNewTokens: 6,
        logProbabilities: { alternatives: 3 },
      });
      const tokens = events.flatMap((event) =>
        event.type === 'text-delta' ? (event.logProbabilities?.reveal('write-response') ?? []) : [],
      );
      expect(tokens).toHaveLength(outputTokens);
      for (const { logProbability, alternatives } of tokens) {
        expect(logProbability).toBeLessThanOrEqual(0);
        expect(alternatives).toHaveLength(3);
        const values = alternatives.map((alternative) => alternative.logProbability);
        expect(values).toEqual([...values].sort((one, other) => other - one));
        expect(values.reduce((sum, value) => sum + Math.exp(value), 0)).toBeLessThanOrEqual(1.001);
        // Greedy takes the likeliest.
        expect(logProbability).toBeCloseTo(values[0] ?? 0, 5);
      }
    });

    it('applies the chat template of the model: more tokens than the words alone', async () => {
      const words = await engine().tokenize(chatModelId, text('Hello there'));
      const templated = await engine().tokenize(chatModelId, chat({ role: 'user', content: 'Hello there' }));
      expect(templated.inputTokens).toBeGreaterThan(words.inputTokens);
      const { inputTokens, text: answer } = await run(chat({ role: 'user', content: 'Hello there' }));
      expect(inputTokens).toBe(templated.inputTokens);
      expect(answer.length).toBeGreaterThan(0);
    });

    it('counts tokens as it reads them', async () => {
      const { inputTokens, pieces } = await engine().tokenize(chatModelId, text('The patient has a broken arm.'));
      expect(sumOf(pieces.reveal('write-response').map(({ tokenCount }) => tokenCount))).toBe(inputTokens);
      expect((await run(text('The patient has a broken arm.'))).inputTokens).toBe(inputTokens);
    });

    it('gives a prompt in pieces of whole characters, which are all of it', async () => {
      const prompt = ' Zwei  Ärzte: 你好 🙂🏳️‍🌈,\n\t𒀀 \uFFFD end\uFFFD';
      const { pieces } = await engine().tokenize(chatModelId, text(prompt));
      const texts = pieces.reveal('write-response').map((piece) => piece.text);
      expect(texts.join('')).toBe(prompt);
      for (const piece of texts) expect(piece).toBe(piece.toWellFormed());
      expect(texts.filter((piece) => piece.includes('🙂'))).toHaveLength(1);
      expect(pieces.reveal('write-response').filter(({ isSpecial }) => isSpecial)).toEqual([]);
    });

    it('tells the marks of the chat template from the words, which cannot spell one', async () => {
      const marks = async (content: string) => {
        const { pieces } = await engine().tokenize(chatModelId, chat({ role: 'user', content }));
        return pieces.reveal('write-response').flatMap((piece) => (piece.isSpecial ? [piece.text] : []));
      };
      const usual = await marks('Hello there');
      expect(usual.length).toBeGreaterThan(1);
      expect(await marks(`Hello there ${usual[0]} again`)).toEqual(usual);
    });

    it('reads only the last tokens of a prompt that is to be cut', async () => {
      const end = 'the first rule of the court is';
      const { inputTokens } = await engine().tokenize(chatModelId, text(` ${end}`));
      const whole = await run(text(` ${end}`));
      const long = text(`${'word '.repeat(20_000)}and ${end}`);
      const cut = await run(long, { truncateInputTokens: inputTokens });
      expect(cut.inputTokens).toBe(inputTokens);
      expect(cut.text).toBe(whole.text);
      expect((await run(text(` ${end}`), { truncateInputTokens: 400 })).text).toBe(whole.text);
    });

    it('ends sooner with a length penalty, and not before it begins', async () => {
      const prompt = text('Once upon a time');
      const lengthPenalty = { decayFactor: 10, startIndex: 8 };
      const { stopReason, outputTokens } = await run(prompt, { lengthPenalty });
      expect(stopReason).toBe('eos_token');
      expect(outputTokens).toBeGreaterThanOrEqual(8);
      expect(outputTokens).toBeLessThan(14);
      expect((await run(prompt, { lengthPenalty, minNewTokens: 16 })).outputTokens).toBeGreaterThanOrEqual(16);
    });

    const json = (jsonShape: JsonShape) => ({ jsonShape: Confidential.of<JsonShape>(jsonShape), maxNewTokens: 200 });
    const prompt = text('A patient as JSON:');

    it('holds an answer to JSON of a shape, for every seed', async () => {
      const visit = readJsonSchema(
        {
          type: 'object',
          properties: {
            kind: { enum: ['a\\b', 'line\nbreak', '🙂', null, 1.5] },
            counts: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 2 },
            note: { anyOf: [{ type: 'string', minLength: 2, maxLength: 6 }, { type: 'null' }] },
          },
          required: ['kind', 'counts'],
        },
        'schema',
      );
      const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
      const runs = await Promise.all(
        seeds.map((seed) => run(prompt, { ...json(visit), seed, temperature: 0.8 }, never, sample)),
      );
      for (const { text: answer, stopReason } of runs) {
        expect(stopReason).toBe('eos_token');
        const { kind, note, counts, ...others } = JSON.parse(answer);
        expect(['a\\b', 'line\nbreak', '🙂', null, 1.5]).toContain(kind);
        if (note !== undefined && note !== null) expect([2, 3, 4, 5, 6]).toContain([...note].length);
        expect([1, 2]).toContain(counts.length);
        expect(counts.every(Number.isInteger)).toBe(true);
        expect(others).toEqual({});
      }
      expect(new Set(runs.map((one) => one.text)).size).toBeGreaterThan(10);
    }, 240_000);

    it('holds an answer to each kind of value', async () => {
      const whole = readJsonSchema(
        {
          type: 'object',
          properties: {
            'a "name"': { type: 'string', maxLength: 8 },
            born: { type: 'string', format: 'date' },
            at: { type: 'string', format: 'date-time' },
            id: { type: 'string', format: 'uuid' },
            share: { type: 'number', minimum: 0 },
            isOpen: { type: ['boolean', 'null'] },
            none: { type: 'null' },
            inner: { $ref: '#/$defs/inner' },
            empty: { type: 'object', properties: {}, additionalProperties: false },
          },
          required: ['a "name"', 'born', 'at', 'id', 'share', 'isOpen', 'none', 'inner', 'empty'],
          $defs: { inner: { type: 'object', properties: { x: { const: [1] } }, required: ['x'] } },
        },
        'schema',
      );
      const { text: answer, stopReason } = await run(prompt, json(whole));
      expect(stopReason).toBe('eos_token');
      const value = JSON.parse(answer);
      expect(value).toMatchObject({ 'a "name"': expect.any(String), share: expect.any(Number), none: null });
      expect(value.share).toBeGreaterThanOrEqual(0);
      expect(value).toMatchObject({ inner: { x: [1] }, empty: {} });
      expect(new Date(value.born).toISOString()).toContain(value.born);
      expect(Number.isNaN(Date.parse(value.at))).toBe(false);
      expect(value.id).toMatch(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/);
      expect([true, false, null]).toContain(value.isOpen);
    });

    it('gives log probabilities of an answer that must be JSON', async () => {
      const shape = json({ kind: 'literals', among: ['"yes"', '"no"'] });
      const {
        events,
        text: answer,
        outputTokens,
      } = await run(text('The sky is green. True?'), {
        ...shape,
        logProbabilities: { alternatives: 2 },
      });
      const tokens = events.flatMap((event) =>
        event.type === 'text-delta' ? (event.logProbabilities?.reveal('write-response') ?? []) : [],
      );
      expect(['yes', 'no']).toContain(JSON.parse(answer));
      expect(tokens).toHaveLength(outputTokens);
      expect(tokens.map(({ token }) => token).join('')).toBe(answer);
      for (const { logProbability } of tokens) expect(logProbability).toBeLessThanOrEqual(0);
    });

    it('writes any JSON object, up to its limit', async () => {
      const { text: answer } = await run(text('A patient as JSON:'), json(anyJsonObject));
      expect(answer.startsWith('{')).toBe(true);
    });

    it('keeps its time limit, and answers others, under the heaviest schema that is let through', async () => {
      const heaviest = readJsonSchema(heaviestSchema(), 'schema');
      const heavy = run(text('A long list as JSON:'), { ...json(heaviest), timeLimitMs: 300 });
      const others = await Promise.all(
        ['The contract', 'A patient'].map((prompt) => run(text(prompt), { maxNewTokens: 4 })),
      );
      for (const other of others) expect(other.outputTokens).toBeGreaterThan(0);
      expect(['time_limit', 'eos_token']).toContain((await heavy).stopReason);
    });

    it('keeps whole characters together', async () => {
      const { text: answer } = await run(
        chat({ role: 'user', content: 'Answer with emojis and Chinese: 你好 🙂🙂🙂' }),
        { maxNewTokens: 40, seed: 3 },
        never,
        sample,
      );
      // Halves of a surrogate pair, which a piece that was cut inside a character would leave.
      expect(answer).toBe(answer.toWellFormed());
    });

    it('refuses a prompt that fills the context alone', async () => {
      const model = (await engine().listModels()).find(({ modelId }) => modelId === chatModelId);
      const long = 'word '.repeat((model?.contextLength ?? 0) + 10);
      expect(await failure(run(text(long)))).toEqual({ code: 'invalid-argument', reason: 'token-limit-exceeded' });
    });

    it('ends with the context when prompt and answer fill it', async () => {
      const model = (await engine().listModels()).find(({ modelId }) => modelId === chatModelId);
      const contextLength = model?.contextLength ?? 0;
      const { inputTokens: perTen } = await engine().tokenize(chatModelId, text('word '.repeat(10)));
      const prompt = text('word '.repeat(Math.floor(((contextLength - 20) * 10) / perTen)));
      const { inputTokens } = await engine().tokenize(chatModelId, prompt);
      const result = await run(prompt, { minNewTokens: contextLength, maxNewTokens: contextLength });
      expect(result.stopReason).toBe('token_limit');
      expect(result.inputTokens + result.outputTokens).toBeLessThanOrEqual(contextLength);
      expect(result.outputTokens).toBe(contextLength - inputTokens);
    });

    it('has no model that it does not know', async () => {
      const request = { modelId: 'nobody/nothing', prompt: text('x'), parameters: greedy };
      const reading = (async () => {
        for await (const _event of engine().stream(request, never)) break;
      })();
      expect((await failure(reading)).code).toBe('not-found');
      expect((await failure(engine().tokenize('nobody/nothing', text('x')))).code).toBe('not-found');
    });
  });
}
