import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, systemClock } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { addTestAccount, addTestMember } from '../projects/testing.ts';
import type { AssetPlace } from './asset-store.ts';
import { createSqlAssetPartStore } from './sql-asset-part-store.ts';
import { createSqlAssetStore } from './sql-asset-store.ts';

const ASSETS = 60;
const PARTS_EACH = 500;
const PAGE = 20;

describe('in a project of many sessions with many entries each, with the policies on,', () => {
  let database: TestDatabase;
  let place: AssetPlace;

  beforeAll(async () => {
    database = await createTestDatabase();
    const accountId = await addTestAccount(database);
    const { userId } = await addTestMember(database, accountId);
    const [projectId, keyId] = [newId(), newId()];
    await database.ownerQuery(
      'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
      [projectId, accountId, 'P', userId],
    );
    await database.ownerQuery("insert into project_members values ($1, $2, $3, 'editor', now())", [
      accountId,
      projectId,
      userId,
    ]);
    await database.ownerQuery(
      "insert into project_keys (id, account_id, project_id, wrapping_key_id, wrapped_key, created_at, wrapped_at) values ($1, $2, $3, 'k', 'x', now(), now())",
      [keyId, accountId, projectId],
    );
    await database.ownerQuery(
      `insert into assets (id, account_id, project_id, type, name, created_by, created_at, updated_at, expires_at)
        select gen_random_uuid(), $1, $2, 'session', n::text, $3, now(), now(), now() + n * interval '1 day'
        from generate_series(1, $4::int) as n`,
      [accountId, projectId, userId, ASSETS],
    );
    await database.ownerQuery(
      `insert into assets (id, account_id, project_id, type, name, created_by, created_at, updated_at)
        select gen_random_uuid(), $1, $2, 'note', n::text, $3, now(), now() from generate_series(1, 3000) as n`,
      [accountId, projectId, userId],
    );
    await database.ownerQuery(
      `insert into asset_parts (id, account_id, project_id, asset_id, kind, number, created_by, created_at, expires_at)
        select gen_random_uuid(), $1, $2, a.id, 'entry', n, $3, now(), a.expires_at
        from assets a, generate_series(1, $4::int) as n where a.type = 'session' and a.project_id = $2`,
      [accountId, projectId, userId, PARTS_EACH],
    );
    await database.ownerQuery(
      `insert into objects (id, account_id, project_id, asset_id, part_id, purpose, stored_as, project_key_id, wrapped_key, sealed_size_bytes, sealed_sha256, created_at)
        select o, $1, $2, asset_id, part_id, 'p', o, $3, 'x', 1, 'x', now() from (
          select gen_random_uuid() as o, asset_id, id as part_id from asset_parts where project_id = $2
          union all select gen_random_uuid(), id, null from assets where project_id = $2) as made`,
      [accountId, projectId, keyId],
    );
    const [asset] = await database.ownerQuery<{ id: string }>(
      "select id from assets where type = 'session' and project_id = $1 limit 1",
      [projectId],
    );
    place = { accountId, projectId, userId, assetId: asset?.id ?? '' };
    await database.ownerQuery('vacuum analyze assets, asset_parts, objects');
  });
  afterAll(() => database.close());

  /** How many entries of an index were read for some work of the person's, or of the server's own. */
  async function entriesReadOf(index: string, work: () => Promise<unknown>, userId?: string): Promise<number> {
    const scope = { accountId: place.accountId, ...(userId === undefined ? {} : { userId }) };
    return database.inAccount(scope, async (transaction) => {
      const count = async () => {
        const read = sql<{ read: number }>`select pg_stat_get_xact_tuples_returned(${index}::regclass)::int as read`;
        return (await read.execute(transaction)).rows[0]?.read ?? 0;
      };
      const before = await count();
      await work();
      return (await count()) - before;
    });
  }

  it('a page of entries reads that page, wherever it is, and opening it the objects of it', async () => {
    const parts = createSqlAssetPartStore(database, systemClock);
    for (const before of [PARTS_EACH + 1, 250]) {
      const page = { kind: 'entry', limit: PAGE, before } as const;
      const list = async () => expect(await parts.list(place, page)).toHaveLength(PAGE);
      expect(await entriesReadOf('asset_parts_asset_id_number_key', list, place.userId)).toBe(PAGE);
    }
    const numbers = Array.from({ length: PAGE }, (_, index) => 400 - index);
    const open = async () => expect(await parts.findWithObjects(place, 'entry', numbers)).toHaveLength(PAGE);
    expect(await entriesReadOf('objects_by_part', open, place.userId)).toBe(PAGE);
  });

  it('opening an asset reads its own object, and none of those of its parts', async () => {
    const assets = createSqlAssetStore(database, systemClock);
    const open = async () => expect((await assets.findWithObject(place))?.object).toBeDefined();
    expect(await entriesReadOf('contents_of_assets', open, place.userId)).toBe(1);
  });

  it('looking for what expired reads what has, and nothing else', async () => {
    const parts = createSqlAssetPartStore(database, systemClock);
    const assets = createSqlAssetStore(database, systemClock);
    const inTwoDays = new Date(Date.now() + 2.5 * 24 * 60 * 60 * 1000);
    const lookForParts = async () => expect(await parts.listExpired(place.accountId, inTwoDays, 200)).toHaveLength(2);
    expect(await entriesReadOf('asset_parts_by_expiry', lookForParts)).toBe(2 * PARTS_EACH);
    const lookForAssets = async () => expect(await assets.listExpired(place.accountId, inTwoDays, 200)).toHaveLength(2);
    expect(await entriesReadOf('assets_by_expiry', lookForAssets)).toBe(2);
  });
});
