import type { Confidential } from '../core/index.ts';
import type { EngineEvent, InferenceEvent, StopReason, TokenLogProbability } from '../inference/index.ts';

/** A finished answer, its pieces still shut. */
export type Generation = {
  readonly text: readonly Confidential<string>[];
  readonly logProbabilities: readonly Confidential<readonly TokenLogProbability[]>[];
  readonly stopReason: StopReason;
  readonly inputTokens: number;
  readonly outputTokens: number;
};

/** Waits for the whole answer. */
export async function collectGeneration(events: AsyncIterable<InferenceEvent>): Promise<Generation> {
  const text: Confidential<string>[] = [];
  const logProbabilities: Confidential<readonly TokenLogProbability[]>[] = [];
  for await (const event of events) {
    if (event.type === 'text-delta') {
      text.push(event.text);
      if (event.logProbabilities !== undefined) logProbabilities.push(event.logProbabilities);
    }
    if (event.type === 'done') {
      const { stopReason, inputTokens, outputTokens } = event;
      return { text, logProbabilities, stopReason, inputTokens, outputTokens };
    }
  }
  throw new Error('the stream of an engine ended without `done`');
}

/**
 * Waits until the first event is there, so that a refusal (unknown model, full queue) is answered with its status and not inside a stream
 * that has begun already.
 */
export async function startGeneration(events: AsyncIterable<InferenceEvent>): Promise<AsyncIterable<InferenceEvent>> {
  const iterator = events[Symbol.asyncIterator]();
  let first: IteratorResult<InferenceEvent> | undefined = await iterator.next();
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const result = first ?? (await iterator.next());
        first = undefined;
        return result;
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
    }),
  };
}

/** The events of a stream without those of the queue. */
export async function* withoutQueue(events: AsyncIterable<InferenceEvent>): AsyncGenerator<EngineEvent> {
  for await (const event of events) if (event.type !== 'queued') yield event;
}
