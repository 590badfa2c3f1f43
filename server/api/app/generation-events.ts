import type { GenerationEvent } from '../../../contract/app/index.ts';
import type { InferenceEvent } from '../../inference/index.ts';

/** One event of the engine as the app's wire shape. The response writer of this surface. */
export function toGenerationEvent(event: InferenceEvent, seed: number): GenerationEvent {
  switch (event.type) {
    case 'queued':
      return { type: 'queued', position: event.position };
    case 'started':
      return { type: 'started', inputTokens: event.inputTokens, seed };
    case 'text-delta':
      return { type: 'text-delta', text: event.text.reveal('write-response') };
    case 'done':
      return {
        type: 'done',
        stopReason: event.stopReason,
        inputTokens: event.inputTokens,
        outputTokens: event.outputTokens,
        seed,
      };
  }
}
