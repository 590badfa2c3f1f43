import { Confidential } from '../../core/index.ts';
import type { EngineEvent, StopReason } from '../engine.ts';
import { type CheckedPiece, CheckedText, streamWindows } from './checked-text.ts';
import { type GuardrailEvent, type GuardrailRule, masked, ruleFor } from './guardrails.ts';
import type { Moderation } from './moderation.ts';

/** What an engine tells, and what was found in it. */
export type ModeratedEvent =
  | Exclude<EngineEvent, { type: 'done' }>
  | GuardrailEvent
  | (Omit<Extract<EngineEvent, { type: 'done' }>, 'stopReason'> & { readonly stopReason: StopReason | 'blocked' });

/**
 * An engine's events with the answer checked: text is told when it has been checked, with what was found masked. A finding that blocks ends
 * the answer (`done`, `blocked`), and the engine's request with it; of the piece of text that it is in, nothing is told.
 * Log probabilities are not told, as they spell the words too: surfaces refuse to be asked for both.
 */
export async function* moderatedStream(
  events: AsyncIterable<EngineEvent>,
  rules: readonly GuardrailRule[],
  moderation: Moderation,
): AsyncGenerator<ModeratedEvent> {
  const kinds = new Set(rules.map(({ kind }) => kind));
  const checked = new CheckedText((text) => moderation.find(text, kinds), streamWindows);
  let inputTokens = 0;
  let outputTokens = 0;

  /** Tells checked pieces. @returns whether one is blocked, after which nothing more may be told. */
  async function* tell(pieces: AsyncIterable<CheckedPiece>): AsyncGenerator<ModeratedEvent, boolean> {
    for await (const piece of pieces) {
      const findings = eventsOf(piece, rules);
      yield* findings;
      if (findings.some(({ action }) => action === 'block')) return true;
      yield { type: 'text-delta', text: maskedText(piece, findings), outputTokens };
    }
    return false;
  }

  for await (const event of events) {
    if (event.type === 'started') {
      inputTokens = event.inputTokens;
      yield event;
    } else {
      outputTokens = event.outputTokens;
      const isBlocked = yield* tell(event.type === 'done' ? checked.flush() : checked.push(event.text));
      if (isBlocked) {
        yield { type: 'done', stopReason: 'blocked', inputTokens, outputTokens };
        return;
      }
      if (event.type === 'done') yield event;
    }
  }
}

function eventsOf({ text, start, findings }: CheckedPiece, rules: readonly GuardrailRule[]): GuardrailEvent[] {
  const content = text.reveal('moderate');
  return findings.flatMap((finding): GuardrailEvent[] => {
    const rule = ruleFor(finding, rules);
    if (rule === undefined) return [];
    const words = Confidential.of(content.slice(finding.start - start, finding.end - start));
    return [{ ...finding, type: 'guardrail', on: 'output', action: rule.action, words }];
  });
}

function maskedText({ text, start }: CheckedPiece, findings: readonly GuardrailEvent[]): Confidential<string> {
  const places = findings.map((finding) => ({ start: finding.start - start, end: finding.end - start }));
  return Confidential.of(masked(text.reveal('moderate'), places));
}
