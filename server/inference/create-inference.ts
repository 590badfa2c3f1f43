import type { Authorize, Clock } from '../core/index.ts';
import type { Engine } from './engine.ts';
import { createInferenceService, type InferenceService, type WaitingLimits } from './inference-service.ts';
import type { ModelService } from './model-service.ts';
import { createPatternModeration } from './moderation/pattern-moderation.ts';

export type Inference = {
  readonly service: InferenceService;
  /** Ends running requests and the engines. */
  close(): Promise<void>;
};

/** Joins the engines with the queues before them, and with the checks that requests may ask for. */
export function createInference(options: {
  readonly engines: readonly Engine[];
  readonly models: Pick<ModelService, 'lifecycleOf'>;
  readonly authorize: Authorize;
  readonly clock: Clock;
  readonly limits?: Partial<WaitingLimits>;
}): Inference {
  return {
    service: createInferenceService({ moderation: createPatternModeration(), ...options }),
    close: async () => {
      await Promise.all(options.engines.map((engine) => engine.close()));
    },
  };
}
