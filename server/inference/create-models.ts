import type { Audit } from '../audit/index.ts';
import type { Authorize, Clock, Logger } from '../core/index.ts';
import type { AllowedDestination, Egress } from '../egress/index.ts';
import type { CatalogueEntry } from './model-catalogue.ts';
import { openModelFileStore } from './model-file-store.ts';
import { createModelService, type ModelService } from './model-service.ts';
import { createHuggingFaceSource, huggingFaceHosts } from './model-sources/hugging-face.ts';
import { createPypiSource } from './model-sources/pypi.ts';

/** Where the server must be allowed to connect to, to fetch models; for `createEgress`. */
export const modelSourceHosts: readonly AllowedDestination[] = huggingFaceHosts;

/**
 * Opens the models folder and joins it with the sources.
 * @param options.directory the models folder, made if missing.
 * @throws AppError when the folder can't be used.
 */
export async function createModels(options: {
  readonly directory: string;
  readonly egress: Egress;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Which models there are to fetch; for tests. */
  readonly catalogue?: readonly CatalogueEntry[];
}): Promise<ModelService> {
  const { directory, egress, authorize, audit, clock, logger, catalogue } = options;
  return createModelService({
    files: await openModelFileStore({ directory, clock, logger }),
    sources: [createHuggingFaceSource({ egress }), createPypiSource()],
    authorize,
    audit,
    clock,
    logger,
    ...(catalogue === undefined ? {} : { catalogue }),
  });
}
