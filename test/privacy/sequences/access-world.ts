import { type Assets, createAssets } from '../../../server/assets/index.ts';
import { createAudit } from '../../../server/audit/index.ts';
import { createRecordingAudit, createTestSigner } from '../../../server/audit/testing.ts';
import {
  type AccountRole,
  type Actor,
  type Authorize,
  Confidential,
  isAppError,
  newId,
  type Secret,
  silentLogger,
  systemClock,
} from '../../../server/core/index.ts';
import type { TestDatabase } from '../../../server/database/testing.ts';
import { createIdentity, type Identity } from '../../../server/identity/index.ts';
import { keepsNothing, openSecretWrapper } from '../../../server/identity/testing.ts';
import type { Keys } from '../../../server/keys/index.ts';
import { createProjects, type Projects } from '../../../server/projects/index.ts';
import { addTestAccount, addTestMember } from '../../../server/projects/testing.ts';
import { createMemoryStorage } from '../../../server/storage/testing.ts';
import { everybody, type Name, type Outcome } from './access-model.ts';

/** Something that was saved, and the text of it. */
export type Saved = { readonly projectId: string; readonly id: string; readonly text: string };

export type World = {
  readonly identity: Identity;
  /** The same decisions as the services', without an event of each refusal: there are thousands. */
  readonly ask: Authorize;
  readonly projects: Projects;
  readonly assets: Assets;
  readonly accountId: string;
  readonly userIds: Readonly<Record<Name, string>>;
  /** Secrets of keys, in the order of the model's. */
  readonly keys: { readonly secret: Secret; readonly id: string }[];
  /** In the order of the model's. */
  readonly projectIds: string[];
  /** Everything that was ever saved. */
  readonly saved: { readonly assets: Saved[]; readonly objects: Saved[] };
  /** What is in the buckets. */
  objectsInBuckets(): readonly string[];
  /** The actor of a key, found out anew as each request does it. */
  actor(key: number): Promise<Actor>;
  close(): Promise<void>;
};

const roles: Readonly<Record<Name, AccountRole>> = {
  owner: 'owner',
  bo: 'member',
  carol: 'member',
  robot: 'service',
  eve: 'owner',
};

/** The real services over the real database; only the bucket is in memory. */
export async function createAccessWorld(database: TestDatabase, projectKeys: Keys): Promise<World> {
  const ports = { database, clock: systemClock, logger: silentLogger };
  const storage = createMemoryStorage({ keys: projectKeys.service });
  const log = createAudit({ ...ports, signer: createTestSigner() });
  const { audit } = log;
  const siteUrl = () => 'https://cloister.example';
  const options = { ...ports, secretWrapper: openSecretWrapper, siteUrl, accountData: keepsNothing };
  const identity = createIdentity({ ...options, audit });
  const { authorize } = identity;
  const ask = createIdentity({ ...options, audit: createRecordingAudit() }).authorize;
  const assets = createAssets({ ...ports, authorize, audit, storage, maxObjectMegabytes: 1, maxUploadMegabytes: 1 });
  const contents = { digestsOfProject: assets.digestsOfKey };
  const projects = createProjects({ ...ports, authorize, audit, keys: projectKeys.service, storage, contents });

  const accountId = await addTestAccount(database);
  const elsewhere = await addTestAccount(database);
  const userIds = {} as Record<Name, string>;
  const keys: { secret: Secret; id: string }[] = [];
  for (const name of everybody) {
    const member = await addTestMember(database, name === 'eve' ? elsewhere : accountId, { name, role: roles[name] });
    userIds[name] = member.userId;
    const owner: Actor = { ...member, via: 'login-session' };
    const { apiKey, key } =
      name === 'robot'
        ? await identity.serviceIds.createApiKey({ ...owner, userId: userIds.owner }, member.userId, { name })
        : await identity.service.createApiKey(owner, { name });
    keys.push({ secret: key, id: apiKey.id });
  }

  return {
    identity,
    ask,
    projects,
    assets,
    accountId,
    userIds,
    keys,
    projectIds: [],
    saved: { assets: [], objects: [] },
    objectsInBuckets: () => storage.bucket.objectIds(),
    actor: (key) => identity.service.actorOfApiKey(secretOf(keys, key)),
    close: log.close,
  };
}

function secretOf(keys: World['keys'], key: number): Secret {
  const found = keys[key];
  if (found === undefined) throw new Error(`there is no key ${key}`);
  return found.secret;
}

/** What became of something that was tried; what is no refusal fails the test. */
export async function outcomeOf(attempt: () => Promise<unknown>): Promise<Outcome> {
  try {
    await attempt();
    return 'ok';
  } catch (error) {
    if (isAppError(error)) return error.code as Outcome;
    throw error;
  }
}

/** Saves an asset. */
export async function saveAsset(world: World, actor: Actor, projectId: string): Promise<void> {
  const text = `asset ${newId()}`;
  const content = Confidential.of<Uint8Array>(Buffer.from(text));
  const { id } = await world.assets.service.create(actor, projectId, {
    type: 'note',
    name: 'n',
    description: '',
    content,
  });
  world.saved.assets.push({ projectId, id, text });
}

/** Puts an object into the bucket. */
export async function putObject(world: World, actor: Actor, projectId: string): Promise<void> {
  const [id, text] = [newId(), `object ${newId()}`];
  async function* content() {
    yield Buffer.from(text);
  }
  await world.assets.bucketObjects.put(actor, projectId, id, Confidential.of(content()));
  world.saved.objects.push({ projectId, id, text });
}

/** Opens an asset. @throws when it may not be, or holds another text */
export async function openAsset(world: World, actor: Actor, { projectId, id, text }: Saved): Promise<void> {
  const { content } = await world.assets.service.open(actor, projectId, id);
  requireSame(Buffer.from(content.reveal('write-response')), text);
}

/** Opens an object of the bucket, as {@link openAsset} does an asset. */
export async function openObject(world: World, actor: Actor, { projectId, id, text }: Saved): Promise<void> {
  const pieces: Uint8Array[] = [];
  const { content } = await world.assets.bucketObjects.open(actor, projectId, id);
  for await (const piece of content.reveal('write-response')) pieces.push(piece);
  requireSame(Buffer.concat(pieces), text);
}

function requireSame(found: Buffer, text: string): void {
  if (found.toString() !== text) throw new Error('it holds another text');
}
