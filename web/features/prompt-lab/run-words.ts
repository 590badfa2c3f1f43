import type { StopReason } from '../../../contract/app/index.ts';
import { formatCount } from '../../components/format.ts';
import type { Run } from './use-generation.ts';

export const stopReasonWords: Record<StopReason, string> = {
  max_tokens: 'Reached the maximum of new tokens',
  eos_token: 'The model ended its answer',
  stop_sequence: 'Met a stop sequence',
  token_limit: 'The context is full',
  time_limit: 'Reached the time limit',
  cancelled: 'Stopped',
  blocked: 'Blocked by a guardrail',
  error: 'Ended by an error',
};

/** A run in one phrase, for the live region and the status line. */
export function describeRun(run: Run): string {
  switch (run.state) {
    case 'idle':
      return '';
    case 'sending':
      return 'Sending …';
    case 'queued':
      return run.position <= 1 ? 'Next in the queue …' : `Number ${run.position} in the queue …`;
    case 'reading':
      return `The model is reading ${formatCount(run.inputTokens)} tokens …`;
    case 'writing':
      return 'The model is writing …';
    case 'stopped':
      return 'Stopped. What had arrived is kept on the page.';
    case 'failed':
      return `Not finished: ${run.error.message}`;
    case 'done':
      return `${stopReasonWords[run.summary.stopReason]}: ${formatCount(run.summary.outputTokens)} tokens`;
  }
}
