import type { Confidential } from '../../core/index.ts';
import type { StopReason, TokenLogProbability } from '../../inference/index.ts';

/** The response writer of `/ml/v1/text/chat`: the text of one or several pieces. */
export function chatText(pieces: readonly Confidential<string>[]): string {
  return pieces.map((piece) => piece.reveal('write-response')).join('');
}

/** Log probabilities in the shape that watsonx's chat and OpenAI's share. */
export function chatLogProbabilities(pieces: readonly Confidential<readonly TokenLogProbability[]>[]) {
  return {
    content: pieces.flatMap((piece) =>
      piece.reveal('write-response').map(({ token, logProbability, alternatives }) => ({
        ...tokenShape(token, logProbability),
        top_logprobs: alternatives.map((other) => tokenShape(other.token, other.logProbability)),
      })),
    ),
  };
}

function tokenShape(token: string, logProbability: number) {
  return { token, logprob: logProbability, bytes: [...Buffer.from(token, 'utf8')] };
}

/** `finish_reason` of chat answers, in both APIs. */
export function finishReason(stopReason: StopReason): string {
  switch (stopReason) {
    case 'max_tokens':
    case 'token_limit':
      return 'length';
    case 'time_limit':
      return 'time_limit';
    case 'cancelled':
      return 'cancelled';
    default:
      return 'stop';
  }
}
