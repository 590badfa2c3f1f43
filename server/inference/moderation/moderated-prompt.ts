import { setImmediate as turn } from 'node:timers/promises';
import { AppError, Confidential } from '../../core/index.ts';
import type { ChatMessage, EnginePrompt } from '../engine.ts';
import { CheckedText, wholeTextWindows } from './checked-text.ts';
import { type GuardrailEvent, type Guardrails, masked, ruleFor } from './guardrails.ts';
import type { Finding, Moderation } from './moderation.ts';

export type ModeratedPrompt = {
  readonly events: readonly GuardrailEvent[];
  /** Whether a rule refuses it. */
  readonly isBlocked: boolean;
  /** With what was found masked: what the engine may see. */
  readonly prompt: EnginePrompt;
};

/**
 * Checks a prompt before it goes anywhere. Others are answered in between, however long it is. In chat, every message is checked by itself;
 * positions count through the contents of the messages, as if a line break were between them.
 * @throws AppError `cancelled` when the signal aborts meanwhile
 */
export async function moderatePrompt(
  moderation: Moderation,
  { input: rules, inputRanges }: Guardrails,
  prompt: EnginePrompt,
  signal: AbortSignal,
): Promise<ModeratedPrompt> {
  const kinds = new Set(rules.map(({ kind }) => kind));
  const events: GuardrailEvent[] = [];

  async function moderateText(text: string, offset: number): Promise<string> {
    const places: Finding[] = [];
    for (const finding of await findingsIn(text, (part) => moderation.find(part, kinds), signal)) {
      const place = { ...finding, start: offset + finding.start, end: offset + finding.end };
      const rule = ruleFor(finding, rules);
      if (rule === undefined || !isInRanges(place, inputRanges)) continue;
      if (rule.action === 'mask') places.push(finding);
      const words = Confidential.of(text.slice(finding.start, finding.end));
      events.push({ ...place, type: 'guardrail', on: 'input', action: rule.action, words });
    }
    return masked(text, places);
  }

  const moderated: EnginePrompt =
    prompt.mode === 'text'
      ? { mode: 'text', text: Confidential.of(await moderateText(prompt.text.reveal('moderate'), 0)) }
      : {
          mode: 'chat',
          messages: Confidential.of(await eachMessage(prompt.messages.reveal('moderate'), moderateText)),
        };
  return { events, isBlocked: events.some(({ action }) => action === 'block'), prompt: moderated };
}

async function eachMessage(
  messages: readonly ChatMessage[],
  moderateText: (text: string, offset: number) => Promise<string>,
): Promise<ChatMessage[]> {
  const moderated: ChatMessage[] = [];
  let offset = 0;
  for (const { role, content } of messages) {
    moderated.push({ role, content: await moderateText(content, offset) });
    offset += content.length + 1;
  }
  return moderated;
}

async function findingsIn(
  text: string,
  find: (text: Confidential<string>) => Promise<readonly Finding[]>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const checked = new CheckedText(find, wholeTextWindows);
  const findings: Finding[] = [];
  async function* pieces() {
    yield* checked.push(Confidential.of(text));
    yield* checked.flush();
  }
  for await (const piece of pieces()) {
    findings.push(...piece.findings);
    await turn();
    if (signal.aborted) throw new AppError('cancelled', 'The request was cancelled.');
  }
  return findings;
}

function isInRanges({ start, end }: Finding, ranges: Guardrails['inputRanges']): boolean {
  return ranges === undefined || ranges.some((range) => start < range.end && range.start < end);
}
