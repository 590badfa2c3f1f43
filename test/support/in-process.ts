import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi } from '../../server/api/index.ts';
import { createMemoryAssetsRoom } from '../../server/assets/testing.ts';
import { createAuditService } from '../../server/audit/index.ts';
import { createMemoryAudit } from '../../server/audit/testing.ts';
import { hashCredential, newCredential, newId, Secret, silentLogger } from '../../server/core/index.ts';
import { type ManualClock, manualClock } from '../../server/core/testing.ts';
import { createEgress } from '../../server/egress/index.ts';
import { API_KEY_PREFIX } from '../../server/identity/index.ts';
import { createMemoryIdentity } from '../../server/identity/testing.ts';
import { createInference, createModels, type Engine } from '../../server/inference/index.ts';
import { type CatalogueEntry, createMemoryEngine } from '../../server/inference/testing.ts';
import { createMemoryKeys, createMemoryWrappingKeys } from '../../server/keys/testing.ts';
import { createLab } from '../../server/lab/index.ts';
import { createMemoryProjectsRoom } from '../../server/projects/testing.ts';
import { createMemoryStorage } from '../../server/storage/testing.ts';
import { ADMINISTRATOR } from './deployment.ts';

export type InProcess = {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The server's clock: it stands still until the test moves it. */
  readonly clock: ManualClock;
  readonly projectId: string;
  readonly apiKey: string;
  /** Somebody else who may run prompts in the project. @returns their API key */
  addColleague(): Promise<string>;
  close(): Promise<void>;
};

/**
 * The rooms of the server over the fakes of their ports, on a real HTTP port, in this process: for what a real server shows only after an
 * hour (a token that expires) or by luck (a queue that is full). Only the model, the database, the disk and the clock are not the real ones.
 */
export async function startInProcess(
  engine: Engine,
  /** The models that there are to fetch; their lifecycle is that of the engine's models of the same name. */
  catalogue?: readonly CatalogueEntry[],
): Promise<InProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-in-process-'));
  const clock = manualClock();
  const { service: identity, authorize, members, credentials, access, ...rooms } = createMemoryIdentity(clock);
  const keys = createMemoryKeys({ clock });
  const storage = createMemoryStorage({ keys: keys.service });
  const logger = silentLogger;
  const egress = createEgress({ allow: [], logger });
  const { audit } = rooms;
  const models = await createModels({
    ...{ directory: join(folder, 'models'), egress, authorize, audit, clock, logger },
    ...(catalogue === undefined ? {} : { catalogue }),
  });
  const inference = createInference({ engines: [engine], models, authorize, clock });
  const projects = createMemoryProjectsRoom({
    authorize,
    keys: keys.service,
    storage,
    clock,
    audit,
    onAccess: (member, projectId, given) => access.setProjectAccess(member, projectId, given),
  });
  const assets = createMemoryAssetsRoom({ authorize, storage, clock, logger, audit });
  const api = await createApi({
    services: {
      identity,
      serviceIds: rooms.serviceIds,
      signInWays: rooms.signInWays,
      people: rooms.people,
      profiles: rooms.profiles,
      accounts: rooms.accounts,
      audit: createAuditService({ log: createMemoryAudit({ clock }), authorize, listAccountIds: async () => [] }),
      wrappingKeys: createMemoryWrappingKeys(keys, { authorize, audit, clock, logger }),
      projects: projects.service,
      collaborators: projects.collaborators,
      bucketGrants: projects.bucketGrants,
      assets: assets.service,
      bucketObjects: assets.bucketObjects,
      uploads: assets.uploads,
      archives: assets.createArchives({ projects: projects.service, checks: {}, partRules: {} }),
      ...createLab({
        assets: assets.service,
        parts: assets.parts,
        locks: assets.locks,
        authorize,
        clock,
        siteUrl: () => 'http://127.0.0.1:8080',
      }),
      inference: inference.service,
      models,
      describeDeployment: () => {
        throw new Error('there is no deployment to describe');
      },
      checkReadiness: async () => [],
      clock,
      logger,
    },
    address: { host: '127.0.0.1', port: 0 },
    runDirectory: folder,
    webDirectory: join(folder, 'web'),
    version: '0.0.0',
  });

  await identity.setUpUnattended({
    accountName: 'Hospital',
    name: 'Ada',
    email: ADMINISTRATOR.email,
    password: new Secret(ADMINISTRATOR.password),
  });
  const administrator = await identity.administratorActor();
  const { key } = await identity.createApiKey(administrator, { name: 'test' });
  const project = await projects.service.create(administrator, { name: 'Contracts', description: '' });

  return {
    url: await api.listen(),
    clock,
    projectId: project.id,
    apiKey: key.expose(),
    async addColleague() {
      const { accountId } = administrator;
      const [userId, createdAt] = [newId(), clock.now()];
      await members.addMember(
        { accountId },
        {
          id: userId,
          accountId,
          kind: 'person',
          email: `${userId}@example.org`,
          name: 'Colleague',
          description: '',
          role: 'member',
          passwordHash: null,
          passwordChangedAt: null,
          suspendedAt: null,
          createdAt,
        },
      );
      access.setProjectAccess({ accountId, userId }, project.id, { role: 'editor' });
      const apiKey = newCredential(API_KEY_PREFIX);
      await credentials.addApiKey(administrator, {
        id: newId(),
        accountId,
        userId,
        name: 'test',
        prefix: apiKey.slice(0, 10),
        keyHash: hashCredential(apiKey),
        scope: {},
        createdBy: null,
        createdAt,
        expiresAt: null,
        lastUsedAt: null,
      });
      return apiKey;
    },
    async close() {
      await inference.close();
      await api.close();
      await models.close();
      await egress.close();
      await keys.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type HeldEngine = Engine & {
  /** Resolves when a request has begun. */
  readonly begun: Promise<void>;
  letGo(): void;
};

/** An engine whose requests begin, and go on only when the test lets them, or when they are aborted. */
export function createHeldEngine(concurrency: number): HeldEngine {
  const engine = createMemoryEngine({ concurrency });
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  return {
    ...engine,
    async *stream(request, signal) {
      for await (const event of engine.stream(request, signal)) {
        yield event;
        if (event.type !== 'started') continue;
        begun.resolve();
        await Promise.race([held.promise, aborted(signal)]);
      }
    },
    begun: begun.promise,
    letGo: held.resolve,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
