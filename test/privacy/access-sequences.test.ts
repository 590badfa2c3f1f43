/** Whatever is given and taken away, in whatever order: everybody may what a simple model says, and nothing that was taken away opens anything. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../server/core/index.ts';
import { createTestDatabase, type TestDatabase } from '../../server/database/testing.ts';
import { createEgress } from '../../server/egress/index.ts';
import { createKeys, type Keys } from '../../server/keys/index.ts';
import { AccessModel, everybody, type Key, type Name, type Outcome, projectActions } from './sequences/access-model.ts';
import {
  createAccessWorld,
  openAsset,
  openObject,
  outcomeOf,
  putObject,
  saveAsset,
  type World,
} from './sequences/access-world.ts';

const numRuns = process.env.SLOW === '1' ? 300 : 30;
const MOST_PROJECTS = 3;

/**
 * Numbers are taken modulo what there is; `admin` is whichever Admin the project has, and `the last who got it` somebody from whom there is
 * something to take away, so that more than refusals happens.
 */
const by = fc.oneof(fc.constant('admin' as const), fc.nat(20));
const project = fc.nat(MOST_PROJECTS - 1);
const somebody = fc.constantFrom(...everybody);
const colleague = fc.constantFrom('bo' as const, 'carol' as const, 'robot' as const);
const who = fc.oneof({ weight: 3, arbitrary: colleague }, { weight: 1, arbitrary: somebody });
const whose = fc.oneof(fc.constant('the last who got it' as const), somebody);
const role = fc.constantFrom('admin' as const, 'editor' as const, 'viewer' as const);
const access = fc.constantFrom('reader' as const, 'writer' as const);
const limit = fc.constantFrom('project' as const, 'running prompts' as const);

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('create project' as const), by }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('put role' as const), by, project, who, role }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('remove role' as const), by, project, who: whose }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('put grant' as const), by, project, who, access }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('remove grant' as const), by, project, who: whose }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('suspend' as const), who: colleague }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('resume' as const), who: colleague }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove person' as const), who: colleague }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('delete project' as const), by, project }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('create key' as const),
      who: fc.constantFrom('owner' as const, 'bo' as const, 'carol' as const),
      limit,
      project,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete key' as const), key: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('save' as const), by, project }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('random sequences of giving and taking away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-sequences-'));
  let database: TestDatabase;
  let keys: Keys;

  beforeAll(async () => {
    database = await createTestDatabase();
    const config = { url: `local:${join(folder, 'root.key')}` };
    const egress = createEgress({ allow: [], logger: silentLogger });
    keys = await createKeys({ config, database, egress, clock: systemClock, logger: silentLogger });
  });
  afterAll(async () => {
    await keys?.close();
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`leave everybody with what the model says, after every step, in ${numRuns} runs`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
        const [world, model] = [await createAccessWorld(database, keys), new AccessModel()];
        try {
          expect(await take({ type: 'create project', by: 1 }, model, world)).toEqual(['ok', 'ok']);
          for (const next of steps) {
            const outcomes = await take(next, model, world);
            expect(outcomes, JSON.stringify(next)).toEqual([outcomes[1], outcomes[1]]);
            expect(await disagreements(model, world), `after ${JSON.stringify(next)}`).toEqual([]);
          }
          expect(await disagreements(model, world, 'everything'), 'in the end').toEqual([]);
          await takeEverythingAway(model, world);
          expect(await disagreements(model, world, 'everything'), 'when all is taken away').toEqual([]);
          expect(await leftOvers(world)).toEqual([]);
        } finally {
          await world.close();
        }
      }),
      { numRuns, endOnFailure: numRuns > 30 },
    );
  }, 3_600_000);

  /** What is left of projects in the account. */
  async function leftOvers({ accountId, objectsInBuckets }: World): Promise<readonly string[]> {
    const left = [...objectsInBuckets()];
    for (const table of ['project_members', 'bucket_grants', 'project_keys', 'assets', 'objects']) {
      const rows = await database.ownerQuery(`select account_id from ${table} where account_id = $1`, [accountId]);
      left.push(...rows.map(() => table));
    }
    return left;
  }
});

/** Takes one step in both. @returns what became of it in the world, and what the model says */
async function take(next: Step, model: AccessModel, world: World): Promise<[Outcome, Outcome]> {
  const { identity, projects, userIds, projectIds } = world;
  const number = 'project' in next ? next.project % Math.max(1, projectIds.length) : 0;
  const projectId = projectIds[number] ?? '';
  const [index, key] = 'by' in next ? keyFor(next.by, model, number) : [0, keyOf(model, 0)];
  const attempt = (work: (actor: Awaited<ReturnType<World['actor']>>) => Promise<unknown>, keyIndex = index) =>
    outcomeOf(async () => work(await world.actor(keyIndex)));
  switch (next.type) {
    case 'create project': {
      if (projectIds.length === MOST_PROJECTS) return ['ok', 'ok'];
      const outcome = await attempt(async (actor) => {
        const { id } = await projects.service.create(actor, { name: 'p', description: '' });
        projectIds.push(id);
        await saveAsset(world, actor, id);
        await putObject(world, actor, id);
      });
      return [outcome, model.createProject(key)];
    }
    case 'put role': {
      const put = attempt((actor) => projects.collaborators.put(actor, projectId, userIds[next.who], next.role));
      return [await put, model.putRole(key, number, next.who, next.role)];
    }
    case 'remove role': {
      const name = lastOf(next.who, model.live(number)?.roles);
      const removed = attempt((actor) => projects.collaborators.remove(actor, projectId, userIds[name]));
      return [await removed, model.removeRole(key, number, name)];
    }
    case 'put grant': {
      const put = attempt((actor) => projects.bucketGrants.put(actor, projectId, userIds[next.who], next.access));
      return [await put, model.putGrant(key, number, next.who, next.access)];
    }
    case 'remove grant': {
      const name = lastOf(next.who, model.live(number)?.grants);
      const removed = attempt((actor) => projects.bucketGrants.remove(actor, projectId, userIds[name]));
      return [await removed, model.removeGrant(key, number, name)];
    }
    case 'suspend':
    case 'resume': {
      const isSuspended = next.type === 'suspend';
      const { people, serviceIds } = identity;
      const service = next.who === 'robot' ? serviceIds : people;
      const changed = attempt((actor) => service.change(actor, userIds[next.who], { isSuspended }));
      return [await changed, model.suspend(next.who, isSuspended)];
    }
    case 'remove person': {
      const service = next.who === 'robot' ? identity.serviceIds : identity.people;
      return [await attempt((actor) => service.remove(actor, userIds[next.who])), model.remove(next.who)];
    }
    case 'delete project': {
      const deleted = attempt((actor) => projects.service.delete(actor, projectId));
      return [await deleted, model.deleteProject(key, number)];
    }
    case 'create key': {
      const scope = next.limit === 'project' ? { projectId } : { inferenceOnly: true };
      const created = attempt(async (actor) => {
        const { apiKey, key: secret } = await identity.service.createApiKey(actor, { name: 'limited', scope });
        world.keys.push({ secret, id: apiKey.id });
      }, everybody.indexOf(next.who));
      return [
        await created,
        model.createKey(next.who, next.limit === 'project' ? { project: number } : 'running prompts'),
      ];
    }
    case 'delete key': {
      const limited = model.keys.length - everybody.length;
      if (limited === 0) return ['ok', 'ok'];
      const which = everybody.length + (next.key % limited);
      const deleted = attempt(
        (actor) => identity.service.deleteApiKey(actor, world.keys[which]?.id ?? ''),
        everybody.indexOf(keyOf(model, which).owner),
      );
      return [await deleted, model.deleteKey(keyOf(model, which))];
    }
    case 'save': {
      const put = await attempt((actor) => putObject(world, actor, projectId));
      const saved = await attempt((actor) => saveAsset(world, actor, projectId));
      expect(saved, 'saving an asset').toBe(model.outcome(key, 'write-asset', number));
      return [put, model.outcome(key, 'write-object', number)];
    }
  }
}

function keyFor(by: 'admin' | number, model: AccessModel, number: number): [number, Key] {
  const [name] = model.admins(number);
  const index = by === 'admin' ? everybody.indexOf(name ?? 'owner') : by % model.keys.length;
  return [index, keyOf(model, index)];
}

function lastOf(who: Name | 'the last who got it', given: ReadonlyMap<Name, unknown> | undefined): Name {
  return who === 'the last who got it' ? ([...(given?.keys() ?? [])].at(-1) ?? 'bo') : who;
}

function keyOf({ keys }: AccessModel, index: number): Key {
  const key = keys[index];
  if (key === undefined) throw new Error(`there is no key ${index}`);
  return key;
}

/** Tries every action in every project with every key that there ever was. @returns where the server and the model disagree */
async function disagreements(
  model: AccessModel,
  world: World,
  open: 'the newest' | 'everything' = 'the newest',
): Promise<readonly string[]> {
  const found: string[] = [];
  const compare = (what: string, key: Key, outcome: Outcome, expected: Outcome) => {
    if (outcome !== expected) found.push(`${what} by ${JSON.stringify(key)}: ${outcome}, not ${expected}`);
  };
  await Promise.all(
    model.keys.map(async (key, index) => {
      const actor = await world.actor(index).catch(() => undefined);
      compare(
        'coming in',
        key,
        actor === undefined ? 'unauthenticated' : 'ok',
        model.isValid(key) ? 'ok' : 'unauthenticated',
      );
      if (actor === undefined) return;
      const { projects, assets, saved } = world;
      for (const [number, projectId] of world.projectIds.entries()) {
        const expected = (action: (typeof projectActions)[number]) => model.outcome(key, action, number);
        for (const action of projectActions) {
          const asked = await outcomeOf(() => world.ask(actor, { action, projectId }));
          compare(`${action} in ${number}`, key, asked, expected(action));
        }
        const newest = open === 'the newest' ? -1 : 0;
        const inProject = ({ projectId: id }: { projectId: string }) => id === projectId;
        for (const asset of saved.assets.filter(inProject).slice(newest)) {
          const opened = await outcomeOf(() => openAsset(world, actor, asset));
          compare(`opening an asset of ${number}`, key, opened, expected('open-asset'));
        }
        for (const object of saved.objects.filter(inProject).slice(newest)) {
          const opened = await outcomeOf(() => openObject(world, actor, object));
          compare(`opening an object of ${number}`, key, opened, expected('open-object'));
        }
        const listed = await outcomeOf(() => assets.bucketObjects.list(actor, projectId, {}));
        compare(`listing the bucket of ${number}`, key, listed, expected('list-objects'));
      }
      if (key.limit === 'running prompts') {
        const listed = await outcomeOf(() => projects.service.list(actor));
        compare('listing projects', key, listed, 'permission-denied');
        return;
      }
      const reached = (has: (number: number) => boolean) =>
        world.projectIds.filter(
          (_, number) => has(number) && (typeof key.limit !== 'object' || key.limit.project === number),
        );
      const own = (await projects.service.list(actor)).map(({ id }) => id);
      const withRole = reached((number) => model.live(number)?.roles.has(key.owner) === true);
      if (own.sort().join() !== withRole.sort().join()) found.push(`projects of ${JSON.stringify(key)}`);
      const granted = (await projects.bucketGrants.listGranted(actor)).map((bucket) => bucket.projectId);
      const withGrant = reached((number) => model.live(number)?.grants.has(key.owner) === true);
      if (granted.sort().join() !== withGrant.sort().join()) found.push(`buckets of ${JSON.stringify(key)}`);
    }),
  );
  return found;
}

async function takeEverythingAway(model: AccessModel, world: World): Promise<void> {
  const done = async (next: Step) => expect(await take(next, model, world), JSON.stringify(next)).toEqual(['ok', 'ok']);
  for (const name of ['bo', 'carol', 'robot'] as const) if (model.suspended.has(name)) await revive(name);
  for (const [number] of world.projectIds.entries()) {
    const live = model.live(number);
    if (live === undefined) continue;
    const [administrator] = model.admins(number);
    for (const other of [...live.roles.keys()].filter((name) => name !== administrator)) {
      await done({ type: 'remove role', by: 'admin', project: number, who: other });
    }
    for (const other of [...live.grants.keys()]) {
      await done({ type: 'remove grant', by: 'admin', project: number, who: other });
    }
    await done({ type: 'delete project', by: 'admin', project: number });
  }

  async function revive(name: Exclude<Name, 'owner' | 'eve'>): Promise<void> {
    if (!model.removed.has(name)) await done({ type: 'resume', who: name });
  }
}
