import type { Generation } from '../generation.ts';
import type { WatsonxGeneration } from './requests.ts';

/** The response writer of `/ml/v1/text/generation`. */
export function generationResult(
  { seed, inputText, wantsTokens, request }: WatsonxGeneration,
  generation: Generation,
  isLast = true,
) {
  const wantsLogProbabilities = request.parameters.logProbabilities;
  const text = generation.text.map((piece) => piece.reveal('write-response')).join('');
  return {
    generated_text: `${inputText?.reveal('write-response') ?? ''}${text}`,
    generated_token_count: generation.outputTokens,
    input_token_count: generation.inputTokens,
    stop_reason: isLast ? generation.stopReason : 'not_finished',
    seed,
    ...(wantsTokens
      ? {
          generated_tokens: generation.logProbabilities.flatMap((tokens) =>
            tokens.reveal('write-response').map(({ token, logProbability, alternatives }) => ({
              text: token,
              logprob: logProbability,
              ...(wantsLogProbabilities?.alternatives
                ? { top_tokens: alternatives.map((other) => ({ text: other.token, logprob: other.logProbability })) }
                : {}),
            })),
          ),
        }
      : {}),
  };
}
