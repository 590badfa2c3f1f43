import type { Places, Settings } from './config/index.ts';
import type { Clock, Logger } from './core/index.ts';
import { createLlamaCppEngine, type LlamaCppEngine, type ModelService } from './inference/index.ts';

/** The engine of this server: llama.cpp, which sees nothing of the deployment but the models. */
export function openEngine(parts: {
  readonly settings: Settings;
  readonly places: Places;
  readonly models: ModelService;
  readonly clock: Clock;
  readonly logger: Logger;
}): LlamaCppEngine {
  const { settings, places, ...rest } = parts;
  return createLlamaCppEngine({
    modelsDirectory: places.models,
    hiddenPaths: places.hiddenFromEngines,
    sequences: settings.engineSequences,
    contextLength: settings.engineContextLength,
    ...(settings.engineThreads === undefined ? {} : { threads: settings.engineThreads }),
    ...rest,
  });
}
