import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Audit, createAudit } from '../audit/index.ts';
import { createRecordingAudit, createTestSigner } from '../audit/testing.ts';
import { type Actor, Confidential, newId, silentLogger, systemClock } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { createEgress } from '../egress/index.ts';
import { createKeys } from '../keys/index.ts';
import { addTestAccount, addTestMember } from '../projects/testing.ts';
import { createStorage } from '../storage/index.ts';
import { createAssets } from './create-assets.ts';

describe('assets on a real database, key file and disk', () => {
  let database: TestDatabase;
  let folder: string;
  let actor: Actor;
  const projectId = newId();

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'cloister-assets-'));
    actor = { ...(await addTestMember(database, await addTestAccount(database))), via: 'login-session' };
    await database.ownerQuery(
      'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
      [projectId, actor.accountId, 'P', actor.userId],
    );
    await database.ownerQuery("insert into project_members values ($1, $2, $3, 'editor', now())", [
      actor.accountId,
      projectId,
      actor.userId,
    ]);
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the rooms as a start of the server does. */
  async function start(audit: Audit = createRecordingAudit()) {
    const ports = { clock: systemClock, logger: silentLogger };
    const egress = createEgress({ allow: [], logger: silentLogger });
    const keys = await createKeys({ config: { url: `local:${join(folder, 'root.key')}` }, database, egress, ...ports });
    const url = `file:${join(folder, 'buckets')}`;
    const { service, secretWrapper } = keys;
    const storage = await createStorage({
      config: { url },
      database,
      keys: service,
      secretWrapper,
      egress,
      logger: silentLogger,
    });
    const room = createAssets({
      database,
      authorize: async () => {},
      audit,
      storage,
      maxObjectMegabytes: 100,
      maxUploadMegabytes: 100,
      ...ports,
    });
    return { room, keys, assets: room.service, uploads: room.uploads };
  }

  async function filesInBuckets(): Promise<string[]> {
    const entries = await readdir(join(folder, 'buckets'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  const asset = (text: string) => ({
    type: 'note',
    name: 'n',
    description: '',
    content: Confidential.of<Uint8Array>(Buffer.from(text)),
  });

  it('are there after a restart, sealed on the disk, and gone when they are deleted', async () => {
    const first = await start();
    const text = 'a recognisable secret '.repeat(10_000);
    const saved = await first.assets.create(actor, projectId, asset(text));
    await first.keys.close();
    const again = await start();
    const opened = await again.assets.open(actor, projectId, saved.id);
    expect(Buffer.from(opened.content.reveal('seal')).toString()).toBe(text);
    const files = await filesInBuckets();
    expect(files).toHaveLength(1);
    for (const file of files) expect((await readFile(file)).includes('recognisable')).toBe(false);
    expect(await again.assets.sweepOrphans()).toEqual({ objects: 0, temporaryFiles: 0 });
    await again.assets.delete(actor, projectId, saved.id);
    expect(await filesInBuckets()).toEqual([]);
    expect(await database.ownerQuery('select id from objects')).toEqual([]);
    await again.keys.close();
  });

  it('lose an upload that nobody went on with, with its bytes and its key, which the log says', async () => {
    const log = createAudit({ database, signer: createTestSigner(), clock: systemClock, logger: silentLogger });
    const { keys, assets, uploads } = await start(log.audit);
    const words = { name: 'n', description: '', tags: [], mediaType: 'text/plain' };
    const { id } = await uploads.create(actor, projectId, { ...words, lengthBytes: 100 });
    async function* arriving(): AsyncIterable<Uint8Array> {
      yield Buffer.from('a secret');
    }
    await uploads.append(actor, projectId, id, { offsetBytes: 0, content: Confidential.of(arriving()) });
    expect(await filesInBuckets()).toHaveLength(1);
    await database.ownerQuery("update uploads set expires_at = now() - interval '1 second'");
    expect(await assets.sweepOrphans()).toMatchObject({ objects: 1 });
    expect(await filesInBuckets()).toEqual([]);
    expect(await database.ownerQuery('select * from uploads')).toEqual([]);
    expect(await database.ownerQuery('select * from object_segments')).toEqual([]);
    const recorded = 'select action, actor_via, actor_user_id, target_id, project_id from audit_events';
    expect(await database.ownerQuery(recorded)).toEqual([
      { action: 'upload.expire', actor_via: 'server', actor_user_id: null, target_id: id, project_id: projectId },
    ]);
    await log.close();
    await keys.close();
  });

  it('lose what expired while nobody was there, with keys, bytes, parts and locks, which the log says', async () => {
    await database.ownerQuery('delete from audit_events');
    const log = createAudit({ database, signer: createTestSigner(), clock: systemClock, logger: silentLogger });
    const { room, keys, assets } = await start(log.audit);
    const [gone, stays] = await Promise.all(
      ['gone', 'stays'].map((text) => assets.create(actor, projectId, asset(text))),
    );
    const [goneId, staysId] = [gone?.id ?? '', stays?.id ?? ''];
    const entry = { type: 'note', kind: 'entry', mostKept: 9 } as const;
    for (const id of [goneId, staysId, staysId])
      await room.parts.add(actor, projectId, id, { ...entry, content: Confidential.of<Uint8Array>(Buffer.from('x')) });
    await room.locks.take(actor, projectId, goneId, { type: 'note', editorId: newId() });
    expect(await filesInBuckets()).toHaveLength(5);
    const past = "now() - interval '1 second'";
    await database.ownerQuery(`update assets set expires_at = ${past} where id = $1`, [goneId]);
    await database.ownerQuery(`update asset_parts set expires_at = ${past} where asset_id = $1 and number = 1`, [
      staysId,
    ]);
    expect(await room.expire()).toEqual({ assets: 1, parts: 1 });
    expect(await room.expire()).toEqual({ assets: 0, parts: 0 });
    expect(await filesInBuckets()).toHaveLength(2);
    expect(await database.ownerQuery('select id from assets')).toEqual([{ id: staysId }]);
    expect(await database.ownerQuery('select asset_id, number::int from asset_parts')).toEqual([
      { asset_id: staysId, number: 2 },
    ]);
    expect(await database.ownerQuery('select count(*)::int as count from objects')).toEqual([{ count: 2 }]);
    expect(await database.ownerQuery('select * from asset_locks')).toEqual([]);
    expect(
      await database.ownerQuery(
        "select action, target_id from audit_events where actor_via = 'server' order by action",
      ),
    ).toEqual([
      { action: 'asset-part.expire', target_id: staysId },
      { action: 'asset.expire', target_id: goneId },
    ]);
    await assets.delete(actor, projectId, staysId);
    expect(await filesInBuckets()).toEqual([]);
    await log.close();
    await keys.close();
  });

  it('cannot be opened once the keys of their project are destroyed, though every byte is still there', async () => {
    const { room, keys, assets } = await start();
    const saved = await assets.create(actor, projectId, asset('a secret'));
    const content = Confidential.of<Uint8Array>(Buffer.from('another secret'));
    await assets.change(actor, projectId, saved.id, { content, keepVersion: 'always' });
    await keys.service.destroyProjectKeys({ accountId: actor.accountId, projectId });
    expect(await filesInBuckets()).toHaveLength(2);
    await expect(assets.open(actor, projectId, saved.id)).rejects.toMatchObject({
      code: 'failed-precondition',
      details: { reason: 'content-missing' },
    });
    expect(await assets.get(actor, projectId, saved.id)).toMatchObject({ name: 'n' });
    const version = { type: 'note', kind: 'version', numbers: [1] } as const;
    const [opened] = await room.parts.open(actor, projectId, saved.id, version);
    expect(opened).toMatchObject({ part: { number: 1 } });
    expect(opened?.content).toBeUndefined();
    await keys.close();
  });
});
