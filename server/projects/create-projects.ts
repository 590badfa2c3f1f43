import type { Audit } from '../audit/index.ts';
import type { Authorize, Clock, Logger } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import type { AccountDataOwner } from '../identity/index.ts';
import type { KeyService } from '../keys/index.ts';
import type { Storage } from '../storage/index.ts';
import { createAccountData } from './account-data.ts';
import { type BucketGrantService, createBucketGrantService } from './bucket-grant-service.ts';
import type { BucketGrantStore } from './bucket-grant-store.ts';
import { type CollaboratorService, createCollaboratorService } from './collaborator-service.ts';
import type { CollaboratorStore } from './collaborator-store.ts';
import { createProjectService, type ProjectContents, type ProjectService } from './project-service.ts';
import type { ProjectStore } from './project-store.ts';
import { SqlBucketGrantStore } from './sql-bucket-grant-store.ts';
import { SqlCollaboratorStore } from './sql-collaborator-store.ts';
import { SqlProjectStore } from './sql-project-store.ts';

export type Projects = {
  readonly service: ProjectService;
  readonly collaborators: CollaboratorService;
  readonly bucketGrants: BucketGrantService;
  /** What goes with an account. */
  readonly accountData: AccountDataOwner;
};

export type ProjectsOptions = {
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly keys: KeyService;
  readonly storage: Storage;
  readonly contents: ProjectContents;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** What the room keeps, each behind its port. */
export type ProjectsStores = {
  readonly projects: ProjectStore;
  readonly collaborators: CollaboratorStore;
  readonly bucketGrants: BucketGrantStore;
};

/** Joins the room over the database. */
export function createProjects(options: ProjectsOptions & { readonly database: Database }): Projects {
  const { database } = options;
  const stores = {
    projects: new SqlProjectStore(database),
    collaborators: new SqlCollaboratorStore(database),
    bucketGrants: new SqlBucketGrantStore(database),
  };
  return createProjectsOver(stores, options);
}

export function createProjectsOver(stores: ProjectsStores, options: ProjectsOptions): Projects {
  const { authorize, audit, keys, storage, contents, clock, logger } = options;
  const ports = { authorize, audit, clock };
  return {
    service: createProjectService({ ...ports, keys, bucket: storage.bucket, contents, store: stores.projects, logger }),
    collaborators: createCollaboratorService({ ...ports, store: stores.collaborators }),
    bucketGrants: createBucketGrantService({ ...ports, store: stores.bucketGrants }),
    accountData: createAccountData({ keys, bucket: storage.bucket, store: stores.projects }),
  };
}
