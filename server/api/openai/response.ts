import type { Confidential } from '../../core/index.ts';
import type { StopReason, TokenLogProbability } from '../../inference/index.ts';

type Tokens = readonly Confidential<readonly TokenLogProbability[]>[];

/** The response writer of this surface: the text of one or several pieces. */
export function openAiText(pieces: readonly Confidential<string>[]): string {
  return pieces.map((piece) => piece.reveal('write-response')).join('');
}

/** `logprobs` of a chat completion. */
export function chatLogProbabilities(pieces: Tokens): object {
  return {
    content: pieces.flatMap((piece) =>
      piece.reveal('write-response').map(({ token, logProbability, alternatives }) => ({
        ...tokenShape(token, logProbability),
        top_logprobs: alternatives.map((other) => tokenShape(other.token, other.logProbability)),
      })),
    ),
    refusal: null,
  };
}

/** `logprobs` of a text completion: parallel lists. */
export function completionLogProbabilities(pieces: Tokens): object {
  const tokens = pieces.flatMap((piece) => piece.reveal('write-response'));
  const offsets: number[] = [];
  let offset = 0;
  for (const { token } of tokens) {
    offsets.push(offset);
    offset += token.length;
  }
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logProbability }) => logProbability),
    top_logprobs: tokens.map(({ alternatives }) =>
      Object.fromEntries(alternatives.map((other) => [other.token, other.logProbability])),
    ),
    text_offset: offsets,
  };
}

/** OpenAI knows `stop` and `length` for text. */
export function finishReason(stopReason: StopReason): 'stop' | 'length' {
  return stopReason === 'max_tokens' || stopReason === 'token_limit' || stopReason === 'time_limit' ? 'length' : 'stop';
}

function tokenShape(token: string, logProbability: number) {
  return { token, logprob: logProbability, bytes: [...Buffer.from(token, 'utf8')] };
}
