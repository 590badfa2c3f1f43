import type { Authorize, Clock } from '../core/index.ts';
import type { KeyService } from '../keys/index.ts';
import type { Storage } from '../storage/index.ts';
import { MemoryProjectStore } from './memory-project-store.ts';
import { createProjectService, type ProjectService } from './project-service.ts';

export { MemoryProjectStore } from './memory-project-store.ts';

/** The projects room without a database. */
export function createMemoryProjects(options: {
  readonly authorize: Authorize;
  readonly keys: KeyService;
  readonly storage: Storage;
  readonly clock: Clock;
}): ProjectService {
  const { storage, ...rest } = options;
  return createProjectService({ ...rest, bucket: storage.bucket, store: new MemoryProjectStore() });
}
