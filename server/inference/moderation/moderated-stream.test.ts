import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Confidential } from '../../core/index.ts';
import type { EngineEvent } from '../engine.ts';
import type { GuardrailAction, GuardrailRule } from './guardrails.ts';
import { createMemoryModeration } from './memory-moderation.ts';
import { type ModeratedEvent, moderatedStream } from './moderated-stream.ts';
import { createPatternModeration } from './pattern-moderation.ts';

const rule = (action: GuardrailAction, threshold = 0): GuardrailRule => ({ kind: 'personal-data', action, threshold });

/** An engine's answer in the given pieces; `onEnd` hears when nobody reads it any more. */
async function* answer(deltas: readonly string[], onEnd = () => {}): AsyncGenerator<EngineEvent> {
  try {
    yield { type: 'started', inputTokens: 7 };
    for (const [index, text] of deltas.entries()) {
      yield {
        type: 'text-delta',
        text: Confidential.of(text),
        outputTokens: index + 1,
        logProbabilities: Confidential.of([{ token: text, logProbability: -1, alternatives: [] }]),
      };
    }
    yield { type: 'done', stopReason: 'eos_token', inputTokens: 7, outputTokens: deltas.length };
  } finally {
    onEnd();
  }
}

async function eventsOf(stream: AsyncIterable<ModeratedEvent>): Promise<ModeratedEvent[]> {
  const events: ModeratedEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

function textOf(events: readonly ModeratedEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text.reveal('moderate') : '')).join('');
}

const patterns = createPatternModeration();

describe('a moderated stream', () => {
  it('masks what spans deltas, tells where it was before the text, and keeps all else', async () => {
    const deltas = ['Write to ad', 'a@exam', 'ple.org toda', 'y. Good', 'bye 😀'];
    const events = await eventsOf(moderatedStream(answer(deltas), [rule('mask')], patterns));
    expect(textOf(events)).toBe('Write to *************** today. Goodbye 😀');
    expect(events.map(({ type }) => type)).toEqual(['started', 'guardrail', 'text-delta', 'text-delta', 'done']);
    const finding = events[1];
    expect(finding).toMatchObject({ on: 'output', entity: 'EmailAddress', start: 9, end: 24, action: 'mask' });
    expect(finding?.type === 'guardrail' && finding.words.reveal('moderate')).toBe('ada@example.org');
    expect(JSON.stringify(events)).not.toContain('ada');
    expect(events.at(-1)).toEqual({ type: 'done', stopReason: 'eos_token', inputTokens: 7, outputTokens: 5 });
  });

  it('ends at what it blocks: nothing of that piece is told, nothing after it, and the engine is let go', async () => {
    let isEnded = false;
    const deltas = ['All is well here. ', 'Mail ada@example.org ', 'now. ', 'More.'];
    const stream = moderatedStream(
      answer(deltas, () => {
        isEnded = true;
      }),
      [rule('block')],
      patterns,
    );
    const events = await eventsOf(stream);
    expect(textOf(events)).toBe('All is well here. ');
    expect(events.slice(-2)).toMatchObject([
      { type: 'guardrail', action: 'block', start: 23, end: 38 },
      { type: 'done', stopReason: 'blocked', inputTokens: 7, outputTokens: 3 },
    ]);
    expect(isEnded).toBe(true);
  });

  it('checks what is left when the engine is done', async () => {
    const events = await eventsOf(moderatedStream(answer(['ada@example.org']), [rule('block')], patterns));
    expect(textOf(events)).toBe('');
    expect(events.at(-1)).toMatchObject({ type: 'done', stopReason: 'blocked', outputTokens: 1 });
  });

  it('leaves alone what is below the threshold or is not asked for, and tells nothing of it', async () => {
    const moderation = createMemoryModeration({
      sure: { kind: 'personal-data', score: 0.8 },
      maybe: { kind: 'personal-data', score: 0.4 },
      rude: { kind: 'hate-abuse-profanity' },
    });
    const events = await eventsOf(moderatedStream(answer(['sure maybe rude']), [rule('mask', 0.5)], moderation));
    expect(textOf(events)).toBe('**** maybe rude');
    expect(events.filter(({ type }) => type === 'guardrail')).toHaveLength(1);
  });

  it('tells no log probabilities, which spell the words', async () => {
    const events = await eventsOf(moderatedStream(answer(['fine']), [rule('mask')], patterns));
    expect(events.some((event) => 'logProbabilities' in event)).toBe(false);
  });

  it('gives the same masked text however the engine cuts it, and never a broken character', async () => {
    const parts = fc.constantFrom(
      'ada@example.org',
      ' ',
      '. ',
      '\n',
      '😀',
      '+49 30 1234567',
      'word',
      '漢',
      '4111 1111 1111 1111',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 50 }), fc.integer({ min: 1, max: 9 }), async (list, size) => {
        const characters = [...list.join('')];
        const deltas: string[] = [];
        for (let at = 0; at < characters.length; at += size) deltas.push(characters.slice(at, at + size).join(''));
        const run = async (pieces: readonly string[]) =>
          eventsOf(moderatedStream(answer(pieces), [rule('mask')], patterns));
        const [cut, whole] = [await run(deltas), await run([characters.join('')])];
        expect(textOf(cut)).toBe(textOf(whole));
        expect(textOf(cut)).toHaveLength(characters.join('').length);
        for (const event of cut)
          if (event.type === 'text-delta') expect(event.text.reveal('moderate').isWellFormed()).toBe(true);
      }),
    );
  });
});
