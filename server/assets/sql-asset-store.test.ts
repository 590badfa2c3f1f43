import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { assetStoreConformance } from './asset-store.conformance.ts';
import { createSqlAssetStore } from './sql-asset-store.ts';

/** Rows of other rooms that an asset's rows refer to, written behind the policies. */
async function newProject(database: TestDatabase) {
  const [accountId, projectId, projectKeyId, userId] = [newId(), newId(), newId(), newId()];
  const now = new Date('2026-11-24T12:00:00Z');
  await database.ownerQuery('insert into accounts (id, name, created_at) values ($1, $2, $3)', [accountId, 'A', now]);
  await database.ownerQuery(
    'insert into users (id, email, name, password_hash, created_at) values ($1, $2, $3, $4, $5)',
    [userId, `${userId}@example.org`, 'Ada', '-', now],
  );
  await database.ownerQuery(
    'insert into account_members (account_id, user_id, role, created_at) values ($1, $2, $3, $4)',
    [accountId, userId, 'member', now],
  );
  await database.ownerQuery(
    'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, $5)',
    [projectId, accountId, 'P', userId, now],
  );
  await database.ownerQuery(
    'insert into project_keys (id, account_id, project_id, wrapping_key_id, wrapped_key, created_at) values ($1, $2, $3, $4, $5, $6)',
    [projectKeyId, accountId, projectId, 'memory:k', Buffer.from('x'), now],
  );
  return { accountId, projectId, projectKeyId, userId, userName: 'Ada' };
}

assetStoreConformance('SQL', async () => {
  const database = await createTestDatabase();
  return {
    store: createSqlAssetStore(database),
    newProject: () => newProject(database),
    close: () => database.close(),
  };
});

describe('the SQL asset store', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  it('refuses an asset for a project or a key that is not there, and keeps nothing of it', async () => {
    const project = await newProject(database);
    const store = createSqlAssetStore(database);
    const object = {
      objectId: newId(),
      purpose: 'test',
      projectKeyId: project.projectKeyId,
      wrappedKey: Buffer.from('k'),
      sealedSizeBytes: 1,
      sealedSha256: Buffer.from('s'),
    };
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
    const store = createSqlAssetStore(database);
    const object = {
      objectId: newId(),
      purpose: 'test',
      projectKeyId: project.projectKeyId,
      wrappedKey: Buffer.from('k'),
      sealedSizeBytes: 1,
      sealedSha256: Buffer.from('s'),
    };
    const asset = { id: newId(), type: 'note', name: 'n', description: '', createdByUserId: project.userId, object };
    await store.insert(project, asset, new Date('2026-11-24T12:00:00Z'));
    await database.ownerQuery('delete from account_members where user_id = $1', [project.userId]);
    expect(await store.find({ ...project, assetId: asset.id })).toMatchObject({ name: 'n', createdBy: '' });
  });
});
