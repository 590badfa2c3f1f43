import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, type ProjectAccess, systemClock } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { addTestAccount, addTestMember } from '../projects/testing.ts';
import { randomSealedObject } from '../storage/testing.ts';
import { assetListStoreConformance } from './asset-list-store.conformance.ts';
import { assetLockStoreConformance } from './asset-lock-store.conformance.ts';
import { assetPartStoreConformance } from './asset-part-store.conformance.ts';
import { type AssetProject, assetStoreConformance, createSettableClock } from './asset-store.conformance.ts';
import { bucketObjectStoreConformance } from './bucket-object-store.conformance.ts';
import { sealedDigestStoreConformance } from './sealed-digest-store.conformance.ts';
import { createSqlAssetListStore } from './sql-asset-list-store.ts';
import { createSqlAssetLockStore } from './sql-asset-lock-store.ts';
import { createSqlAssetPartStore } from './sql-asset-part-store.ts';
import { createSqlAssetStore } from './sql-asset-store.ts';
import { createSqlBucketObjectStore } from './sql-bucket-object-store.ts';
import { createSqlSealedDigestStore } from './sql-sealed-digest-store.ts';
import { createSqlUploadStore } from './sql-upload-store.ts';
import { uploadStoreConformance } from './upload-store.conformance.ts';

/** Rows of other rooms that an asset's rows refer to, written behind the policies. */
async function newProject(database: TestDatabase): Promise<AssetProject> {
  const [projectId, projectKeyId, accountId] = [newId(), newId(), await addTestAccount(database)];
  const userId = newId();
  await database.ownerQuery(
    'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
    [projectId, accountId, 'P', userId],
  );
  await database.ownerQuery(
    'insert into project_keys (id, account_id, project_id, wrapping_key_id, wrapped_key, created_at, wrapped_at) values ($1, $2, $3, $4, $5, now(), now())',
    [projectKeyId, accountId, projectId, 'memory:k', Buffer.from('x')],
  );
  const project = { accountId, projectId, projectKeyId, userName: 'Ada' };
  return { ...project, userId: await newMember(database, project, { role: 'editor' }) };
}

async function newMember(
  database: TestDatabase,
  { accountId, projectId }: Pick<AssetProject, 'accountId' | 'projectId'>,
  access: ProjectAccess | undefined,
): Promise<string> {
  const { userId } = await addTestMember(database, accountId);
  if (access?.role !== undefined) {
    await database.ownerQuery('insert into project_members values ($1, $2, $3, $4, now())', [
      accountId,
      projectId,
      userId,
      access.role,
    ]);
  }
  if (access?.bucket !== undefined) {
    await database.ownerQuery('insert into bucket_grants values ($1, $2, $3, $4, $3, now())', [
      accountId,
      projectId,
      userId,
      access.bucket,
    ]);
  }
  return userId;
}

async function open() {
  const database = await createTestDatabase();
  const clock = createSettableClock();
  return {
    clock,
    store: createSqlAssetStore(database, clock),
    lists: createSqlAssetListStore(database, clock),
    objects: createSqlBucketObjectStore(database, clock),
    parts: createSqlAssetPartStore(database, clock),
    locks: createSqlAssetLockStore(database),
    digests: createSqlSealedDigestStore(database),
    uploads: createSqlUploadStore(database),
    newProject: () => newProject(database),
    newMember: (project: AssetProject, access: ProjectAccess | undefined) => newMember(database, project, access),
    close: () => database.close(),
  };
}

assetStoreConformance('SQL', open);
assetListStoreConformance('SQL', open);
assetPartStoreConformance('SQL', open);
assetLockStoreConformance('SQL', open);
bucketObjectStoreConformance('SQL', open);
sealedDigestStoreConformance('SQL', open);
uploadStoreConformance('SQL', open);

it('drops segments once for each statement, however many rows it deletes', async () => {
  const database = await createTestDatabase();
  try {
    // Bit 0 of `tgtype`: for each row; bit 3: on delete.
    const forEachRow = await database.ownerQuery(
      `select tgname from pg_trigger where not tgisinternal and tgtype & 9 = 9
         and tgrelid in ('assets'::regclass, 'objects'::regclass, 'object_segments'::regclass, 'uploads'::regclass)`,
    );
    expect(forEachRow).toEqual([]);
  } finally {
    await database.close();
  }
});

describe('the SQL store of digests', () => {
  it('tells an administrator which bytes all keys of the account sealed, and sums them up, also where they see nothing', async () => {
    const database = await createTestDatabase();
    try {
      const [project, other] = [await newProject(database), await newProject(database)];
      for (const of of [project, other]) {
        const object = randomSealedObject({ projectKeyId: of.projectKeyId });
        const asset = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: of.userId, object };
        await createSqlAssetStore(database, systemClock).insert(of, asset, new Date('2026-11-24T12:00:00Z'));
      }
      const digests = createSqlSealedDigestStore(database);
      const { accountId, projectId } = project;
      const segments = await database.ownerQuery<{ segment_id: string }>(
        'select segment_id from object_segments where project_id = $1',
        [projectId],
      );
      const { userId } = await addTestMember(database, accountId, { role: 'administrator' });
      const stored = await digests.storedIds({ accountId, userId });
      expect([...stored.keys()]).toEqual([projectId]);
      expect(new Set(stored.get(projectId))).toEqual(new Set(segments.map((row) => row.segment_id)));
      const admin = await newMember(database, project, { role: 'admin' });
      const { sealed, ...sums } = await digests.ofKey({ accountId, projectId, userId: admin });
      expect(sealed).toHaveLength(1);
      expect(sums.sealedSizeBytes).toBeGreaterThan(0);
      expect(await digests.ofKey({ accountId, userId })).toEqual(sums);
      for (const colleague of [project.userId, admin]) {
        const refused = { code: 'permission-denied' };
        await expect(digests.storedIds({ accountId, userId: colleague })).rejects.toMatchObject(refused);
        await expect(digests.ofKey({ accountId, userId: colleague })).rejects.toMatchObject(refused);
      }
    } finally {
      await database.close();
    }
  });
});

describe('the SQL asset store', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  it('refuses an asset for a project or a key that is not there, and keeps nothing of it', async () => {
    const project = await newProject(database);
    const store = createSqlAssetStore(database, systemClock);
    const object = randomSealedObject({ projectKeyId: project.projectKeyId });
    const asset = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: project.userId, object };
    const now = new Date('2026-11-24T12:00:00Z');
    const gone = { ...project, projectId: newId() };
    await expect(store.insert(gone, asset, now)).rejects.toMatchObject({ code: 'not-found' });
    const withoutKey = { ...asset, object: { ...object, projectKeyId: newId() } };
    await expect(store.insert(project, withoutKey, now)).rejects.toMatchObject({ code: 'not-found' });
    expect(await database.ownerQuery('select id from assets where id = $1', [asset.id])).toEqual([]);
    expect(await store.hasProject(gone)).toBe(false);
  });

  it('keeps the asset of a person who is no member any more', async () => {
    const project = await newProject(database);
    const store = createSqlAssetStore(database, systemClock);
    const object = randomSealedObject({ projectKeyId: project.projectKeyId });
    const asset = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: project.userId, object };
    await store.insert(project, asset, new Date('2026-11-24T12:00:00Z'));
    const userId = await newMember(database, project, { role: 'viewer' });
    await database.ownerQuery('delete from users where id = $1', [project.userId]);
    expect(await store.find({ ...project, userId, assetId: asset.id })).toMatchObject({ name: 'n', createdBy: '' });
  });
});
