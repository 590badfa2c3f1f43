import type { Audit } from '../audit/index.ts';
import { sumDigests } from '../audit/index.ts';
import { createRecordingAudit } from '../audit/testing.ts';
import {
  type AccountRole,
  type Authorize,
  type Clock,
  newId,
  type ProjectAccess,
  silentLogger,
} from '../core/index.ts';
import type { TestDatabase } from '../database/testing.ts';
import type { KeyService } from '../keys/index.ts';
import type { Storage } from '../storage/index.ts';
import { createProjectsOver, type Projects } from './create-projects.ts';
import { MemoryBucketGrantStore } from './memory-bucket-grant-store.ts';
import { MemoryCollaboratorStore } from './memory-collaborator-store.ts';
import { type MembersOf, MemoryProjectRecords } from './memory-project-records.ts';
import { MemoryProjectStore } from './memory-project-store.ts';
import type { ProjectContents, ProjectService } from './project-service.ts';
import type { Viewer } from './project-store.ts';

export { MemoryProjectStore } from './memory-project-store.ts';

/** For tests in which nothing is saved. */
export const holdsNothing: ProjectContents = { digestsOfProject: async () => sumDigests([]) };

type MemoryProjectsOptions = {
  readonly authorize: Authorize;
  readonly keys: KeyService;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly audit?: Audit;
  readonly contents?: ProjectContents;
  /** The people and service IDs of an account; without it there is nobody to give anything to. */
  readonly membersOf?: MembersOf;
  /** Hears what somebody has in a project from now on, so that `authorize` can know. */
  readonly onAccess?: (member: Viewer, projectId: string, access: ProjectAccess | undefined) => void;
};

/** The projects room without a database. */
export function createMemoryProjectsRoom(options: MemoryProjectsOptions): Projects {
  const { audit = createRecordingAudit(), contents = holdsNothing, ...rest } = options;
  const records = new MemoryProjectRecords(options);
  const stores = {
    projects: new MemoryProjectStore(records),
    collaborators: new MemoryCollaboratorStore(records),
    bucketGrants: new MemoryBucketGrantStore(records),
  };
  return createProjectsOver(stores, { logger: silentLogger, ...rest, audit, contents });
}

/** {@link createMemoryProjectsRoom}, for tests that need projects only. */
export function createMemoryProjects(options: MemoryProjectsOptions): ProjectService {
  return createMemoryProjectsRoom(options).service;
}

/** Makes an account behind the policies. @returns its id */
export async function addTestAccount(database: TestDatabase): Promise<string> {
  const accountId = newId();
  await database.ownerQuery("insert into accounts (id, name, created_at) values ($1, 'Account', now())", [accountId]);
  return accountId;
}

/** Makes a person (or, without an e-mail address, a service ID) behind the policies. */
export async function addTestMember(
  database: TestDatabase,
  accountId: string,
  { name = 'Ada', role = 'member', isSuspended = false }: TestMember = {},
): Promise<Viewer> {
  const userId = newId();
  const email = role === 'service' ? null : `${userId}@example.org`;
  await database.ownerQuery(
    `insert into users (id, account_id, kind, email, name, role, created_at, suspended_at)
     values ($1, $2, $3, $4, $5, $6, now(), $7)`,
    [userId, accountId, role === 'service' ? 'service' : 'person', email, name, role, isSuspended ? new Date(0) : null],
  );
  return { accountId, userId };
}

export type TestMember = {
  readonly name?: string;
  readonly role?: AccountRole;
  readonly isSuspended?: boolean;
};
