import { describe, expect, it } from 'vitest';
import { Confidential } from '../../core/index.ts';
import type { EnginePrompt } from '../engine.ts';
import type { GuardrailAction, Guardrails } from './guardrails.ts';
import { moderatePrompt } from './moderated-prompt.ts';
import { createPatternModeration } from './pattern-moderation.ts';

const moderation = createPatternModeration();
const never = new AbortController().signal;

function guardrails(action: GuardrailAction, inputRanges?: Guardrails['inputRanges']): Guardrails {
  const input = [{ kind: 'personal-data' as const, action, threshold: 0 }];
  return { input, output: [], ...(inputRanges === undefined ? {} : { inputRanges }) };
}

const text = (content: string): EnginePrompt => ({ mode: 'text', text: Confidential.of(content) });

function contentOf(prompt: EnginePrompt): unknown {
  return prompt.mode === 'text' ? prompt.text.reveal('moderate') : prompt.messages.reveal('moderate');
}

describe('the prompt', () => {
  it('has masked what was found, position for position', async () => {
    const result = await moderatePrompt(
      moderation,
      guardrails('mask'),
      text('From ada@example.org and 192.0.2.1'),
      never,
    );
    expect(contentOf(result.prompt)).toBe('From *************** and *********');
    expect(result.isBlocked).toBe(false);
    expect(result.events.map(({ entity, start, end, on, action }) => [entity, start, end, on, action])).toEqual([
      ['EmailAddress', 5, 20, 'input', 'mask'],
      ['IPAddress', 25, 34, 'input', 'mask'],
    ]);
    expect(JSON.stringify(result)).not.toContain('ada');
  });

  it('is refused by a rule that blocks, and only by a finding', async () => {
    expect((await moderatePrompt(moderation, guardrails('block'), text('a@b.org'), never)).isBlocked).toBe(true);
    expect((await moderatePrompt(moderation, guardrails('block'), text('nothing here'), never)).isBlocked).toBe(false);
  });

  it('is checked message by message in chat; positions count through them', async () => {
    const messages = [
      { role: 'system' as const, content: 'Be kind.' },
      { role: 'user' as const, content: 'I am a@b.org' },
    ];
    const prompt: EnginePrompt = { mode: 'chat', messages: Confidential.of(messages) };
    const result = await moderatePrompt(moderation, guardrails('mask'), prompt, never);
    expect(contentOf(result.prompt)).toEqual([messages[0], { role: 'user', content: 'I am *******' }]);
    expect(result.events).toMatchObject([{ start: 14, end: 21 }]);
    expect('Be kind.\nI am a@b.org'.slice(14, 21)).toBe('a@b.org');
  });

  it('is checked in the ranges that are asked for', async () => {
    const result = await moderatePrompt(
      moderation,
      guardrails('mask', [{ start: 8, end: 15 }]),
      text('a@b.org c@d.org e@f.org'),
      never,
    );
    expect(contentOf(result.prompt)).toBe('a@b.org ******* e@f.org');
  });

  it('is not checked to its end when nobody waits for it', async () => {
    const aborted = AbortSignal.abort();
    await expect(moderatePrompt(moderation, guardrails('mask'), text('x'), aborted)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
