import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError, newId, silentLogger } from '../../server/core/index.ts';
import { createTestDatabase, type TestDatabase } from '../../server/database/testing.ts';
import { createEgress } from '../../server/egress/index.ts';
import { createMemoryKeys } from '../../server/keys/testing.ts';
import { addTestAccount } from '../../server/projects/testing.ts';
import { createStorage, type Storage, type StorageConfig, storageDestinations } from '../../server/storage/index.ts';
import { startVersitygw, type Versitygw } from '../support/versitygw.ts';

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

describe('storages of accounts', () => {
  let standard: Versitygw;
  let own: Versitygw;
  let database: TestDatabase;
  const keys = createMemoryKeys();
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    [standard, own] = await Promise.all([startVersitygw(), startVersitygw()]);
    database = await createTestDatabase();
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await keys.close();
    await database?.close();
    await standard?.stop();
    await own?.stop();
  });

  /** As a deployment names its buckets by itself. */
  const urlOf = (gateway: Versitygw) => gateway.url().replace('prefix=cloister-&', '');

  async function open(config: StorageConfig, allowed: StorageConfig = config): Promise<Storage> {
    const egress = createEgress({ allow: storageDestinations(allowed), logger: silentLogger });
    const { service, secretWrapper } = keys;
    const storage = await createStorage({
      config,
      database,
      keys: service,
      secretWrapper,
      egress,
      logger: silentLogger,
    });
    closers.push(storage.close, egress.close);
    return storage;
  }

  async function newProject(): Promise<{ accountId: string; projectId: string }> {
    const [accountId, projectId] = [await addTestAccount(database), newId()];
    await database.ownerQuery(
      'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
      [projectId, accountId, 'P', newId()],
    );
    return { accountId, projectId };
  }

  async function bucketsIn(gateway: Versitygw): Promise<string[]> {
    return ((await gateway.client().listBuckets()).Buckets ?? []).map(({ Name = '' }) => Name);
  }

  it('hold what their account saves, and nothing of another one', async () => {
    const [theirs, others] = [await newProject(), await newProject()];
    const storage = await open({
      url: urlOf(standard),
      instances: [{ account: theirs.accountId, url: urlOf(own) }],
    });
    await storage.bucket.put(theirs, newId(), bytes('x'));
    await storage.bucket.put(others, newId(), bytes('y'));
    const [ownBuckets, standardBuckets] = [await bucketsIn(own), await bucketsIn(standard)];
    expect([ownBuckets.length, standardBuckets.length]).toEqual([1, 1]);
    expect(ownBuckets).not.toEqual(standardBuckets);
    // The name begins with the deployment's own mark.
    for (const name of [...ownBuckets, ...standardBuckets]) expect(name).toMatch(/^cl-[0-9a-z]{8}-[0-9a-z]{25}-/);
    const listed = [];
    for await (const scope of storage.bucket.listBuckets()) listed.push(scope);
    expect(listed).toEqual(expect.arrayContaining([theirs, others]));
    expect(listed).toHaveLength(2);
    expect(storage.describe(theirs)).toEqual({
      kind: 's3',
      credentials: 'of-bucket',
      name: ownBuckets[0],
      host: new URL(own.endpoint).host,
    });

    await storage.bucket.removeAccount(theirs.accountId);
    expect(await bucketsIn(own)).toEqual([]);
    expect(await bucketsIn(standard)).toEqual(standardBuckets);
  });

  it('may be of different kinds, and say whose credentials open them', async () => {
    const [accountId, another] = [newId(), newId()];
    const oneKey = urlOf(own)
      .replace('credentials=iam', 'credentials=none')
      .replace(/&iam=[^&]*/, '');
    const storage = await open({
      url: `file:${standard.folder}/folder`,
      instances: [
        { account: accountId, url: oneKey },
        { account: another, url: urlOf(standard) },
      ],
    });
    expect(storage.list()).toEqual([
      { kind: 'filesystem' },
      { kind: 's3', credentials: 'of-instance', accountId },
      { kind: 's3', credentials: 'of-bucket', accountId: another },
    ]);
    const projectId = newId();
    const elsewhere = newId();
    expect(storage.describe({ accountId: elsewhere, projectId })).toEqual({
      kind: 'filesystem',
      name: `${elsewhere}/${projectId}`,
    });
  });

  it('is not reached where the server is not let out to it', async () => {
    const scope = await newProject();
    const storage = await open({ url: urlOf(standard) }, { url: 'file:/nowhere' });
    const error = await storage.bucket.ensure(scope).then(
      () => expect.fail('it went out'),
      (thrown: unknown) => thrown,
    );
    expect(isAppError(error, 'permission-denied')).toBe(true);
  });

  it('does not start without its access key', async () => {
    const missing = standard.url({ 'secret-file': '/nowhere/s3.secret' });
    await expect(open({ url: missing })).rejects.toThrow(
      /secret-file "\/nowhere\/s3.secret" .* cannot be read \(ENOENT\)/,
    );
  });
});
