import type { Confidential } from '../core/index.ts';
import type { GuardrailEvent, InferenceEvent, StopReason, TokenLogProbability } from '../inference/index.ts';

/** A finished answer, its pieces still shut. */
export type Generation = {
  readonly text: readonly Confidential<string>[];
  readonly logProbabilities: readonly Confidential<readonly TokenLogProbability[]>[];
  /** What guardrails found, in the prompt and in the answer. */
  readonly findings: readonly GuardrailEvent[];
  readonly stopReason: StopReason;
  readonly inputTokens: number;
  readonly outputTokens: number;
};

/** An event of one of the answers to a call that asks for several. */
export type AnswerEvent = { readonly index: number; readonly event: InferenceEvent };

/**
 * Reads the answers to one call together, as they come: read one after another, a later one would hold the place that an earlier one
 * waits for. Nothing is told before each of them has told something, so that the refusal of one refuses the call before an answer has
 * begun. However the reading ends, all of them end and give their places back.
 * @param open starts the answers. Each tells something without waiting for another (`queued`, if it waits), and ends when the signal
 *   aborts.
 * @param disconnected aborts when nobody waits for the answers any more
 */
export async function* readTogether(
  open: (signal: AbortSignal) => readonly AsyncIterable<InferenceEvent>[],
  disconnected: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  const ended = new AbortController();
  const iterators = open(AbortSignal.any([disconnected, ended.signal])).map((events) => events[Symbol.asyncIterator]());
  const pending = new Map<number, Promise<{ index: number; result: IteratorResult<InferenceEvent> }>>();
  const advance = (index: number, iterator: AsyncIterator<InferenceEvent>): void => {
    const next = iterator.next().then((result) => ({ index, result }));
    // Nobody may be looking when it fails; whoever looks next is told.
    next.catch(() => {});
    // To the end of the order, so that a fast answer does not keep the others from being read.
    pending.delete(index);
    pending.set(index, next);
  };
  try {
    for (const [index, iterator] of iterators.entries()) advance(index, iterator);
    await Promise.all(pending.values());
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values());
      const iterator = iterators[index];
      if (result.done || iterator === undefined) {
        pending.delete(index);
      } else {
        advance(index, iterator);
        yield { index, event: result.value };
      }
    }
  } finally {
    ended.abort();
    await Promise.allSettled(iterators.map((iterator) => iterator.return?.()));
  }
}

/** Waits for whole answers, `count` of them. */
export async function collectGenerations(events: AsyncIterable<AnswerEvent>, count: number): Promise<Generation[]> {
  const text = Array.from({ length: count }, (): Confidential<string>[] => []);
  const logProbabilities = Array.from({ length: count }, (): Confidential<readonly TokenLogProbability[]>[] => []);
  const findings = Array.from({ length: count }, (): GuardrailEvent[] => []);
  const generations: Generation[] = [];
  for await (const { index, event } of events) {
    if (event.type === 'text-delta') {
      text[index]?.push(event.text);
      if (event.logProbabilities !== undefined) logProbabilities[index]?.push(event.logProbabilities);
    }
    if (event.type === 'guardrail') findings[index]?.push(event);
    if (event.type === 'done') {
      const { stopReason, inputTokens, outputTokens } = event;
      generations[index] = {
        text: text[index] ?? [],
        logProbabilities: logProbabilities[index] ?? [],
        findings: findings[index] ?? [],
        stopReason,
        inputTokens,
        outputTokens,
      };
    }
  }
  // `every` and `forEach` pass over what was never set.
  for (let index = 0; index < count; index += 1) {
    if (generations[index] === undefined) throw new Error('the stream of an engine ended without `done`');
  }
  return generations;
}

/**
 * Waits until the first event is there, so that a refusal (unknown model, full queue) is answered with its status and not inside a stream
 * that has begun already.
 */
export async function startGeneration<T>(events: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = events[Symbol.asyncIterator]();
  let first: IteratorResult<T> | undefined = await iterator.next();
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

/** The events of the answers without those of the queue. */
export async function* withoutQueue(
  events: AsyncIterable<AnswerEvent>,
): AsyncGenerator<{ readonly index: number; readonly event: Exclude<InferenceEvent, { type: 'queued' }> }> {
  for await (const { index, event } of events) if (event.type !== 'queued') yield { index, event };
}

/** Tokens of a call, as watsonx's chat and OpenAI's API count them: the prompt once, the answers added up. */
export function usageOf(generations: readonly { readonly inputTokens: number; readonly outputTokens: number }[]) {
  const promptTokens = generations[0]?.inputTokens ?? 0;
  const completionTokens = generations.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
