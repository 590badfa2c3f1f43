import type { Generation } from '../generation.ts';
import { moderationResults } from './moderations.ts';
import type { WatsonxGeneration } from './requests.ts';

/** The response writer of `/ml/v1/text/generation`. */
export function generationResult(
  { seed, inputText, wantsTokens, wantsLogProbabilities, moderations, request }: WatsonxGeneration,
  generation: Generation,
  isLast = true,
) {
  const topTokens = request.parameters.logProbabilities?.alternatives ?? 0;
  const text = generation.text.map((piece) => piece.reveal('write-response')).join('');
  const token = (piece: { readonly token: string; readonly logProbability: number }) => ({
    text: piece.token,
    ...(wantsLogProbabilities ? { logprob: piece.logProbability } : {}),
  });
  return {
    generated_text: `${inputText?.reveal('write-response') ?? ''}${text}`,
    generated_token_count: generation.outputTokens,
    input_token_count: generation.inputTokens,
    stop_reason: isLast ? stopReasonOf(generation) : 'not_finished',
    seed,
    ...(wantsTokens
      ? {
          generated_tokens: generation.logProbabilities.flatMap((tokens) =>
            tokens.reveal('write-response').map((piece) => ({
              ...token(piece),
              ...(topTokens > 0 ? { top_tokens: piece.alternatives.map(token) } : {}),
            })),
          ),
        }
      : {}),
    ...moderationResults(generation.findings, moderations.hidesWords),
  };
}

/** IBM's API has no reason for what moderations blocked, and nearest to it `error`. */
function stopReasonOf({ stopReason }: Generation): string {
  return stopReason === 'blocked' ? 'error' : stopReason;
}
