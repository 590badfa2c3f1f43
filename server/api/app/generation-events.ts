import type { GenerationEvent, PromptToken } from '../../../contract/app/index.ts';
import type { Confidential } from '../../core/index.ts';
import type { InferenceEvent, TokenPiece } from '../../inference/index.ts';
import { toGuardrailFinding } from './guardrails.ts';

/** One event of the engine as the app's wire shape. The response writer of this surface, with {@link toPromptTokens}. */
export function toGenerationEvent(event: InferenceEvent, seed: number): GenerationEvent {
  switch (event.type) {
    case 'queued':
      return { type: 'queued', position: event.position };
    case 'started':
      return { type: 'started', inputTokens: event.inputTokens, seed };
    case 'text-delta':
      return {
        type: 'text-delta',
        text: event.text.reveal('write-response'),
        ...(event.logProbabilities === undefined
          ? {}
          : {
              tokens: event.logProbabilities
                .reveal('write-response')
                .map(({ token, logProbability, alternatives }) => ({
                  text: token,
                  logProbability,
                  alternatives: alternatives.map((other) => ({
                    text: other.token,
                    logProbability: other.logProbability,
                  })),
                })),
            }),
      };
    case 'guardrail':
      return { type: 'guardrail', ...toGuardrailFinding(event) };
    case 'done':
      return {
        type: 'done',
        stopReason: event.stopReason,
        inputTokens: event.inputTokens,
        outputTokens: event.outputTokens,
        seed,
        timings: event.timings,
      };
  }
}

/** The tokens of a prompt as the app's wire shape. */
export function toPromptTokens(pieces: Confidential<readonly TokenPiece[]>): PromptToken[] {
  return pieces
    .reveal('write-response')
    .map(({ text, tokenCount, isSpecial }) => ({ text, tokens: tokenCount, isSpecial }));
}
