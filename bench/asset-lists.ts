/**
 * Lists of assets with 1,000,000 assets of 1,000 accounts in a real PostgreSQL, as a person through the service, with the policies on: a
 * typical project (1,000 assets) and a big one (100,000), beside the same lists in a database that has 1,000 assets in all.
 *
 *     npx node bench/asset-lists.ts [rounds, 200 unless told]
 */

import { createAssets } from '../server/assets/index.ts';
import { createRecordingAudit } from '../server/audit/testing.ts';
import { type Actor, newId, silentLogger, systemClock } from '../server/core/index.ts';
import { createTestDatabase, type TestDatabase } from '../server/database/testing.ts';
import { createMemoryKeys } from '../server/keys/testing.ts';
import { createMemoryStorage } from '../server/storage/testing.ts';
import { median, quantile } from './support.ts';

const ROUNDS = Number(process.argv[2] ?? 200);
const ACCOUNTS = 1000;
const TYPICAL = 1000;
const BIG = 100_000;
/** The others have a project of 1,000 each, and some have an empty one, so that it is a million in all. */
const TYPICAL_PROJECTS = 900;

type Place = { readonly actor: Actor; readonly projectId: string };
type Request = Parameters<ReturnType<typeof createAssets>['service']['list']>[2];

/** An account with a person in it, who is Editor of a project, and a colleague. */
async function addAccount(database: TestDatabase): Promise<Place> {
  const [accountId, projectId, userId, colleagueId] = [newId(), newId(), newId(), newId()];
  const { ownerQuery } = database;
  await ownerQuery('insert into accounts (id, name, created_at) values ($1, $2, now())', [accountId, 'A']);
  await ownerQuery(
    `insert into users (id, account_id, kind, email, name, role, created_at)
      select id, $1, 'person', id || '@example.org', 'Ada', 'owner', now() from unnest($2::uuid[]) as id`,
    [accountId, [userId, colleagueId]],
  );
  await ownerQuery(
    'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
    [projectId, accountId, 'P', userId],
  );
  await ownerQuery("insert into project_members select $1, $2, id, 'admin', now() from unnest($3::uuid[]) as id", [
    accountId,
    projectId,
    [userId, colleagueId],
  ]);
  return { actor: { accountId, userId, via: 'login-session' }, projectId };
}

/** So many assets in each of these projects, a third of them by its person. */
async function addAssets(database: TestDatabase, places: readonly Place[], count: number): Promise<void> {
  await database.ownerQuery(
    `insert into assets (id, account_id, project_id, type, name, description, tags, media_type, created_by, created_at,
        updated_at, size_bytes, sealed_size_bytes)
      select gen_random_uuid(), p.account_id, p.id, (array['prompt-template', 'data-asset', 'notebook'])[1 + n % 3],
        'Report ' || substr(md5(n::text), 1, 12), 'Of the cases that the court heard in ' || 1900 + n % 126,
        array['year ' || n % 20, 'court ' || n % 7] || case when n = 7 then array['rare'] else '{}' end, 'text/csv',
        case when n % 3 = 0 then p.created_by
          else (select user_id from project_members m where m.project_id = p.id and m.user_id <> p.created_by) end,
        timestamptz '2026-01-01' + random() * interval '300 days',
        timestamptz '2026-11-01' + random() * interval '20 days',
        (random() * 1e9)::bigint, (random() * 1e9)::bigint
      from generate_series(1, $1::int) as n, projects p where p.id = any ($2::uuid[])`,
    [count, places.map(({ projectId }) => projectId)],
  );
}

async function fill(database: TestDatabase): Promise<{ readonly typical: Place; readonly big: Place }> {
  const places: Place[] = [];
  for (let number = 0; number < ACCOUNTS; number += 1) places.push(await addAccount(database));
  const [typical, big] = places;
  if (typical === undefined || big === undefined) throw new Error('there are no two accounts');
  await addAssets(database, [big], BIG);
  const others = places.filter((place) => place !== big).slice(0, TYPICAL_PROJECTS);
  await addAssets(database, others, TYPICAL);
  return { typical, big };
}

function listsOf(database: TestDatabase) {
  const keys = createMemoryKeys().service;
  return createAssets({
    database,
    authorize: async () => {},
    audit: createRecordingAudit(),
    storage: createMemoryStorage({ keys }),
    clock: systemClock,
    logger: silentLogger,
    maxObjectMegabytes: 1,
    maxUploadMegabytes: 1,
  }).service;
}

const requests: Readonly<Record<string, Request>> = {
  'first page, newest change': { withTotal: true },
  'order of creation': { sort: 'created' },
  'order of names': { sort: 'name' },
  'order of size': { sort: 'size' },
  'one type': { type: 'notebook' },
  'one type, order of names': { type: 'notebook', sort: 'name' },
  'one person': { createdByUserId: 'the person' },
  'tag of many': { tag: 'court 3' },
  'tag of one': { tag: 'rare' },
  'search, many found': { search: 'COURT HEARD IN 19' },
  'search, one found': { search: 'rare' },
  'search, none found': { search: 'nowhere to be found' },
};

/** In milliseconds. */
async function timesOf(database: TestDatabase, { actor, projectId }: Place): Promise<Map<string, readonly number[]>> {
  const assets = listsOf(database);
  const times = new Map<string, readonly number[]>();
  for (const [name, given] of [...Object.entries(requests), ['page from the middle', {}] as const]) {
    const request: { -readonly [Key in keyof Request]: Request[Key] } = { ...given };
    if (request.createdByUserId !== undefined) request.createdByUserId = actor.userId;
    if (name === 'page from the middle') {
      const pages = await database.ownerQuery<{ count: number }>(
        'select count(*)::int as count from assets where project_id = $1',
        [projectId],
      );
      const pagesToSkip = Math.floor((pages[0]?.count ?? 0) / 2 / 200);
      let cursor: string | undefined;
      for (let page = 0; page < pagesToSkip; page += 1) {
        const from = cursor === undefined ? {} : { cursor };
        cursor = (await assets.list(actor, projectId, { limit: 200, ...from })).nextCursor;
      }
      if (cursor !== undefined) request.cursor = cursor;
    }
    const measured: number[] = [];
    // The first few open connections and make plans.
    for (let round = -10; round < ROUNDS; round += 1) {
      const start = performance.now();
      await assets.list(actor, projectId, request);
      if (round >= 0) measured.push(performance.now() - start);
    }
    times.set(name, measured);
  }
  return times;
}

const small = await createTestDatabase();
const large = await createTestDatabase();
try {
  const alone = await addAccount(small);
  await addAssets(small, [alone], TYPICAL);
  const start = performance.now();
  const { typical, big } = await fill(large);
  for (const database of [small, large]) await database.ownerQuery('vacuum analyze');
  const counted = await large.ownerQuery<{ count: number }>('select count(*)::int as count from assets');
  console.log(
    `${counted[0]?.count} assets of ${ACCOUNTS} accounts in ${Math.round((performance.now() - start) / 1000)} s`,
  );
  console.log(
    `milliseconds, p50 / p99 of ${ROUNDS} rounds; × is the p50 against the database of ${TYPICAL} assets in all\n`,
  );
  const columns = [await timesOf(small, alone), await timesOf(large, typical), await timesOf(large, big)] as const;
  console.log(
    `${'list'.padEnd(28)}${'1,000 in all'.padStart(16)}${'1,000 of 1 M'.padStart(24)}${'100,000 of 1 M'.padStart(26)}`,
  );
  for (const name of columns[0].keys()) {
    const [reference, ...others] = columns.map((times) => times.get(name) ?? []);
    const cell = (times: readonly number[]) => `${median(times).toFixed(1)} / ${quantile(times, 0.99).toFixed(1)}`;
    const ratio = (times: readonly number[]) => ` ×${(median(times) / median(reference ?? [])).toFixed(1)}`;
    const [one = [], two = []] = others;
    console.log(
      `${name.padEnd(28)}${cell(reference ?? []).padStart(16)}${(cell(one) + ratio(one)).padStart(24)}${(cell(two) + ratio(two)).padStart(26)}`,
    );
  }
} finally {
  await Promise.all([small.close(), large.close()]);
}
process.exit(0);
