import { describe, expect, it } from 'vitest';
import { AppError, Confidential } from '../core/index.ts';
import type { InferenceEvent } from '../inference/index.ts';
import { type AnswerEvent, collectGenerations, readTogether, startGeneration, usageOf } from './generation.ts';

const never = new AbortController().signal;
const started: InferenceEvent = { type: 'started', inputTokens: 2 };
const done: InferenceEvent = {
  type: 'done',
  stopReason: 'max_tokens',
  inputTokens: 2,
  outputTokens: 1,
  timings: { queueMs: 0, totalMs: 1 },
};
const delta = (text: string): InferenceEvent => ({ type: 'text-delta', text: Confidential.of(text), outputTokens: 1 });

/** One place that several answers want; whoever has it gives it back when it ends, however it ends. */
function onePlace() {
  let free = Promise.resolve();
  let held = 0;
  return {
    held: () => held,
    async take(): Promise<() => void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const before = free;
      free = promise;
      await before;
      held += 1;
      return () => {
        held -= 1;
        resolve();
      };
    },
  };
}

async function* answer(text: string, place: ReturnType<typeof onePlace>): AsyncGenerator<InferenceEvent> {
  if (place.held() > 0) yield { type: 'queued', position: 1 };
  const leave = await place.take();
  try {
    yield started;
    yield delta(text);
    yield done;
  } finally {
    leave();
  }
}

async function indexesOf(events: AsyncIterable<AnswerEvent>): Promise<number[]> {
  const indexes: number[] = [];
  for await (const { index, event } of events) if (event.type === 'done') indexes.push(index);
  return indexes;
}

describe('answers that are read together', () => {
  it('come to their end also when a later one has the place that an earlier one waits for', async () => {
    const place = onePlace();
    const later = answer('second', place);
    const first = later.next();
    async function* goOn(): AsyncGenerator<InferenceEvent> {
      const { value } = await first;
      if (value !== undefined) yield value;
      yield* later;
    }
    await first;
    expect(await indexesOf(readTogether(() => [answer('first', place), goOn()], never))).toEqual([1, 0]);
    expect(place.held()).toBe(0);
  });

  it('tell nothing when one of them is refused, and the others give their places back', async () => {
    const place = onePlace();
    async function* refused(): AsyncGenerator<InferenceEvent> {
      yield* [];
      throw new AppError('resource-exhausted', 'full');
    }
    const events = readTogether(() => [answer('one', place), refused()], never);
    await expect(startGeneration(events)).rejects.toMatchObject({ code: 'resource-exhausted' });
    expect(place.held()).toBe(0);
  });

  it('all end when the reading does', async () => {
    const place = onePlace();
    for await (const { event } of readTogether(() => [answer('one', place)], never)) {
      expect(event.type).toBe('started');
      break;
    }
    expect(place.held()).toBe(0);
  });

  it('hear when nobody waits for them any more, and when one of them fails', async () => {
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    async function* failing(signal: AbortSignal): AsyncGenerator<InferenceEvent> {
      signals.push(signal);
      yield started;
      throw new AppError('unavailable', 'the engine ended');
    }
    async function* waiting(signal: AbortSignal): AsyncGenerator<InferenceEvent> {
      yield started;
      if (signal.aborted) return;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }
    const events = readTogether((signal) => [failing(signal), waiting(signal)], controller.signal);
    await expect(indexesOf(events)).rejects.toMatchObject({ code: 'unavailable' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);

    const again = readTogether((signal) => [waiting(signal)], controller.signal);
    const reading = indexesOf(again);
    controller.abort();
    expect(await reading).toEqual([]);
  });

  it('are collected whole, each with its own text', async () => {
    const events = readTogether(() => [answer('one', onePlace()), answer('two', onePlace())], never);
    const generations = await collectGenerations(events, 2);
    expect(generations.map(({ text }) => text.map((piece) => piece.reveal('write-response')).join(''))).toEqual([
      'one',
      'two',
    ]);
    expect(usageOf(generations)).toEqual({ prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 });
  });

  it('are an error when an engine forgets to say that it is done', async () => {
    async function* endless(): AsyncGenerator<InferenceEvent> {
      yield started;
    }
    await expect(
      collectGenerations(
        readTogether(() => [endless()], never),
        1,
      ),
    ).rejects.toThrow('without `done`');
  });
});
