import { expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import type { BucketScope } from './bucket.ts';
import { bucketCredentialStoreConformance } from './bucket-credential-store.conformance.ts';
import { createMemoryBucketCredentialStore } from './memory-bucket-credential-store.ts';
import { createSqlBucketCredentialStore } from './sql-bucket-credential-store.ts';

async function newProject(database: TestDatabase): Promise<BucketScope & { readonly userId: string }> {
  const [accountId, projectId, userId] = [newId(), newId(), newId()];
  await database.ownerQuery('insert into accounts (id, name, created_at) values ($1, $2, now())', [accountId, 'A']);
  await database.ownerQuery(
    "insert into users (id, account_id, email, name, role, created_at) values ($1, $2, $3, 'Ada', 'owner', now())",
    [userId, accountId, `${userId}@example.org`],
  );
  await database.ownerQuery(
    'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
    [projectId, accountId, 'P', userId],
  );
  await database.ownerQuery("insert into project_members values ($1, $2, $3, 'admin', now())", [
    accountId,
    projectId,
    userId,
  ]);
  return { accountId, projectId, userId };
}

bucketCredentialStoreConformance('memory', async () => ({
  store: createMemoryBucketCredentialStore(),
  newProject: async () => ({ accountId: newId(), projectId: newId() }),
  close: async () => {},
}));

bucketCredentialStoreConformance('SQL', async () => {
  const database = await createTestDatabase();
  return {
    store: createSqlBucketCredentialStore(database),
    newProject: () => newProject(database),
    close: () => database.close(),
  };
});

it('keeps credentials for projects that are there, shows them to no person, and loses them with the project', async () => {
  const database = await createTestDatabase();
  try {
    const store = createSqlBucketCredentialStore(database);
    const { accountId, projectId, userId } = await newProject(database);
    await store.keep({ accountId, projectId }, Buffer.from('wrapped'));
    const gone = { accountId, projectId: newId() };
    await expect(store.keep(gone, Buffer.from('x'))).rejects.toMatchObject({ code: 'not-found' });

    const asOwner = { accountId, userId };
    const seen = await database.inAccount(asOwner, (transaction) =>
      transaction.selectFrom('bucket_credentials').selectAll().execute(),
    );
    expect(seen).toEqual([]);
    const changed = await database.inAccount(asOwner, (transaction) =>
      transaction
        .updateTable('bucket_credentials')
        .set({ wrapped_credential: Buffer.from('mine') })
        .executeTakeFirst(),
    );
    expect(changed.numUpdatedRows).toBe(0n);
    const stranger = await newProject(database);
    expect(await store.find({ accountId: stranger.accountId, projectId })).toBeUndefined();

    await database.ownerQuery('delete from projects where id = $1', [projectId]);
    expect(await database.ownerQuery('select 1 from bucket_credentials where project_id = $1', [projectId])).toEqual(
      [],
    );
  } finally {
    await database.close();
  }
});
