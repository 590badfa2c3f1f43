import type { Authorize, Clock } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import type { KeyService } from '../keys/index.ts';
import type { Storage } from '../storage/index.ts';
import { createProjectService, type ProjectService } from './project-service.ts';
import { SqlProjectStore } from './sql-project-store.ts';

/** Joins the room. */
export function createProjects(options: {
  readonly database: Database;
  readonly authorize: Authorize;
  readonly keys: KeyService;
  readonly storage: Storage;
  readonly clock: Clock;
}): ProjectService {
  const { database, storage, ...rest } = options;
  return createProjectService({ ...rest, bucket: storage.bucket, store: new SqlProjectStore(database) });
}
