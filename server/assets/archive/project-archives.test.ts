import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createRecordingAudit, type RecordingAudit } from '../../audit/testing.ts';
import {
  type Actor,
  AppError,
  type AuthorizationRequest,
  Confidential,
  newId,
  notFound,
  silentLogger,
} from '../../core/index.ts';
import { type ManualClock, manualClock } from '../../core/testing.ts';
import { createMemoryKeys } from '../../keys/testing.ts';
import { createMemoryBucket, createStorageOver, type MemoryBucket } from '../../storage/testing.ts';
import type { Assets, ProjectArchives } from '../create-assets.ts';
import { createMemoryAssetsRoom } from '../testing.ts';
import type { ImportProgress } from './project-import.ts';
import { readZip } from './zip-reader.ts';
import { zipOf } from './zip-writer.ts';

const ada: Actor = { accountId: newId(), userId: newId(), via: 'login-session' };
const [from, to] = [newId(), newId()];
const project = { accountId: ada.accountId, createdBy: ada.userId, createdAt: new Date(0), role: 'admin' } as const;
const never = new AbortController().signal;
const keep = { deleteArchive: false };

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('the archive of a project', () => {
  let clock: ManualClock;
  let audit: RecordingAudit;
  let bucket: MemoryBucket;
  let room: Assets;
  let archives: ProjectArchives;
  let denied: string | undefined;
  let checkedTypes: number;

  beforeEach(() => {
    clock = manualClock();
    audit = createRecordingAudit();
    bucket = createMemoryBucket({ clock });
    denied = undefined;
    checkedTypes = 0;
    const authorize = async (_actor: Actor, request: AuthorizationRequest) => {
      if (request.action === denied) throw new AppError('permission-denied', 'no');
    };
    const storage = createStorageOver(bucket, createMemoryKeys().service);
    room = createMemoryAssetsRoom({ authorize, storage, clock, logger: silentLogger, audit, nameOfUser: () => 'Ada' });
    archives = room.createArchives({
      projects: { get: async (_actor, id) => ({ ...project, id, name: 'Mill', description: 'about it' }) },
      checks: {
        'data-asset': null,
        checked: (content) => {
          checkedTypes += 1;
          if (Buffer.from(content.reveal('seal')).includes('wrong')) throw new AppError('failed-precondition', 'wrong');
        },
        session: null,
      },
      partRules: {
        checked: { kind: 'version', check: refuseWrong, mostKept: 100 },
        session: { kind: 'entry', check: refuseWrong, mostKept: 2, keptForDays: 30 },
      },
    });
  });

  const refuseWrong = (content: Confidential<Uint8Array>) => {
    if (Buffer.from(content.reveal('seal')).includes('wrong')) throw new AppError('failed-precondition', 'wrong');
  };

  const DAY_MS = 24 * 60 * 60 * 1000;
  const inDays = (days: number) => new Date(clock.now().getTime() + days * DAY_MS);
  const createSession = (expiresAt?: Date) =>
    room.service.create(ada, from, {
      ...{ type: 'session', name: 's', description: '', content: bytesOf('about it') },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
  const addEntry = (assetId: string, text: string, expiresAt?: Date) =>
    room.parts.add(ada, from, assetId, {
      ...{ type: 'session', kind: 'entry', content: bytesOf(text), mostKept: 500 },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
  async function partsOf(projectId: string, type: string, kind: 'version' | 'entry') {
    const { items } = await room.service.list(ada, projectId, { type });
    const assetId = items[0]?.id ?? expect.fail('no asset');
    const parts = (await room.parts.list(ada, projectId, assetId, { type, kind })).items;
    const numbers = parts.map(({ number }) => number);
    const opened = await room.parts.open(ada, projectId, assetId, { type, kind, numbers });
    return opened.map(({ part, content }) => ({
      text: content && Buffer.from(content.reveal('seal')).toString(),
      createdAt: part.createdAt,
      expiresAt: part.expiresAt,
    }));
  }

  it('has versions, which come back with the times when they were saved, and settings', async () => {
    const { id } = await save('template', 'one', 'checked');
    const change = { settings: { keepsVersions: true, autosaves: true }, keepVersion: 'always' } as const;
    for (const text of ['two', 'three']) {
      clock.advance(1000);
      await room.service.change(ada, from, id, { ...change, content: bytesOf(text) });
    }
    const before = await partsOf(from, 'checked', 'version');
    expect(before.map(({ text }) => text)).toEqual(['two', 'one']);
    const { result } = await takeIn(await exported());
    expect(result).toMatchObject({ imported: { assets: 3 }, withoutContent: 0 });
    expect(await partsOf(to, 'checked', 'version')).toEqual(before);
    expect((await room.service.list(ada, to, { type: 'checked' })).items).toMatchObject([
      { settings: { keepsVersions: true, autosaves: true } },
    ]);
  });

  it('gives no new time to what expires, and leaves out what has', async () => {
    const expiresAt = inDays(20);
    const session = await createSession(expiresAt);
    await addEntry(session.id, 'short', inDays(2));
    await addEntry(session.id, 'long');
    const zip = await exported();
    clock.advance(3 * DAY_MS);
    await takeIn(zip);
    expect(await partsOf(to, 'session', 'entry')).toMatchObject([{ text: 'long', expiresAt }]);
    expect((await room.service.list(ada, to, { type: 'session' })).items).toMatchObject([{ expiresAt }]);
    clock.advance(17 * DAY_MS);
    const names = await namesIn(to);
    await takeIn(zip);
    expect(await namesIn(to)).toEqual(['archive', ...names]);
    expect(names).not.toContain('s');
  });

  it('keeps a session no longer than its type is kept, and no more entries, whatever it says', async () => {
    const session = await createSession();
    for (const text of ['one', 'two', 'three']) await addEntry(session.id, text, inDays(900));
    await takeIn(await exported());
    const entries = await partsOf(to, 'session', 'entry');
    expect(entries.map(({ text }) => text)).toEqual(['three', 'two']);
    const [kept] = (await room.service.list(ada, to, { type: 'session' })).items;
    expect(kept?.expiresAt).toEqual(inDays(30));
    expect(entries.every((entry) => entry.expiresAt?.getTime() === inDays(30).getTime())).toBe(true);
  });

  it('is refused with parts that its type does not have, and stops at a part that is not what it says', async () => {
    const { id } = await save('data', 'one');
    await room.service.change(ada, from, id, { content: bytesOf('two'), keepVersion: 'always' });
    await expect(takeIn(await exported())).rejects.toMatchObject({ details: { reason: 'archive-type-unknown' } });
    await room.service.delete(ada, from, id);
    const session = await createSession();
    await addEntry(session.id, 'wrong');
    await expect(takeIn(await exported())).rejects.toThrow('wrong');
  });

  const bytesOf = (content: Uint8Array | string) => Confidential.of<Uint8Array>(Buffer.from(content));
  /** One after the other: an archive has its files in this order. */
  async function save(name: string, content: Uint8Array | string, type = 'data-asset', projectId = from) {
    clock.advance(1000);
    return room.service.create(ada, projectId, { type, name, description: `of ${name}`, content: bytesOf(content) });
  }
  const put = (content: string) =>
    room.bucketObjects.put(
      ada,
      from,
      newId(),
      Confidential.of<AsyncIterable<Uint8Array>>(
        (async function* () {
          yield Buffer.from(content);
        })(),
      ),
    );
  const exported = async (recipient?: string) =>
    collect((await archives.export(ada, from, recipient === undefined ? {} : { recipient })).reveal('write-response'));

  async function namesIn(projectId: string) {
    const { items } = await room.service.list(ada, projectId, { sort: 'name', order: 'ascending', limit: 200 });
    return items.map(({ name }) => name);
  }

  /** Uploads an archive to the other project, and takes it in. */
  async function takeIn(zip: Uint8Array, options = keep, signal = never) {
    const { id } = await save('archive', zip, 'data-asset', to);
    const told: ImportProgress[] = [];
    const importing = archives.import(
      ada,
      to,
      { assetId: id, ...options },
      { signal, onProgress: async (progress) => void told.push(progress) },
    );
    return { id, told, result: await importing };
  }

  /** The same archive, with something changed in it. */
  async function changed(
    zip: Buffer,
    change: (path: string, content: Buffer) => Buffer | undefined,
    added: Readonly<Record<string, Buffer>> = {},
  ): Promise<Buffer> {
    const reading = await readZip({
      sizeBytes: zip.length,
      read: async ({ start, endExclusive }) => asPieces(zip.subarray(start, endExclusive)),
    });
    async function* entries() {
      for (const path of reading.sizes.keys()) {
        const content = change(path, await collect(await reading.open(path)));
        if (content !== undefined) yield { path, at: new Date(), content: asPieces(content) };
      }
      for (const [path, content] of Object.entries(added)) yield { path, at: new Date(), content: asPieces(content) };
    }
    return collect(zipOf(entries()));
  }

  async function* asPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield bytes;
  }

  const changedManifest = (zip: Buffer, change: (text: string) => string) =>
    changed(zip, (path, content) => (path === 'manifest.json' ? Buffer.from(change(content.toString())) : content));

  it('has everything that is saved, and a manifest that says what', async () => {
    const saved = await save('Training data (north).csv', 'a,b\n');
    const empty = await save('…', '');
    const { objectId } = await put('an object');
    const zip = await exported();
    const reading = await readZip({
      sizeBytes: zip.length,
      read: async ({ start, endExclusive }) => asPieces(zip.subarray(start, endExclusive)),
    });
    const paths = [
      `assets/${saved.id}/Training-data-north-.csv`,
      `assets/${empty.id}/content`,
      `objects/${objectId}/content`,
      'manifest.json',
    ];
    expect([...reading.sizes.keys()].sort()).toEqual([...paths].sort());
    const manifest: unknown = JSON.parse((await collect(await reading.open('manifest.json'))).toString());
    expect(manifest).toMatchObject({
      format: 'cloister-project',
      version: 1,
      project: { name: 'Mill', description: 'about it' },
      assets: expect.arrayContaining([
        expect.objectContaining({
          id: saved.id,
          type: 'data-asset',
          name: 'Training data (north).csv',
          description: 'of Training data (north).csv',
          createdBy: 'Ada',
          content: {
            path: paths[0],
            sizeBytes: 4,
            sha256: createHash('sha256').update('a,b\n').digest('hex'),
          },
        }),
      ]),
      objects: [{ id: objectId, content: { path: paths[2], sizeBytes: 9 } }],
    });
    expect(audit.events.at(-1)).toMatchObject({ action: 'project.export', target: { type: 'project', id: from } });
  });

  it('is the same inside when it is encrypted to an age recipient', async () => {
    await save('one', 'text');
    const identity = await generateX25519Identity();
    const encrypted = await exported(await identityToRecipient(identity));
    expect(encrypted.subarray(0, 22).toString()).toBe('age-encryption.org/v1\n');
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(Buffer.from(await decrypter.decrypt(encrypted)).includes('manifest.json')).toBe(true);
    const wrong = archives.export(ada, from, { recipient: `age1${'q'.repeat(58)}` });
    await expect(wrong).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('is had and taken in only by whoever may, and only when that can be recorded', async () => {
    await save('one', 'text');
    const zip = await exported();
    const { id } = await save('archive', zip, 'data-asset', to);
    const takeInIt = () =>
      archives.import(ada, to, { assetId: id, ...keep }, { signal: never, onProgress: async () => {} });
    denied = 'export-project';
    await expect(exported()).rejects.toMatchObject({ code: 'permission-denied' });
    denied = 'import-project';
    await expect(takeInIt()).rejects.toMatchObject({ code: 'permission-denied' });
    denied = undefined;
    const lost = new AppError('unavailable', 'The database cannot be reached.');
    audit.record = () => Promise.reject(lost);
    await expect(exported()).rejects.toBe(lost);
    await expect(takeInIt()).rejects.toBe(lost);
    expect(await namesIn(to)).toEqual(['archive']);
  });

  it('tells of what cannot be opened, before it begins or by never ending, and of what is gone in its manifest', async () => {
    await save('one', 'text');
    await put('an object');
    const whole = await exported();
    for (const objectId of bucket.objectIds())
      bucket.overwrite({ ...ada, projectId: from }, objectId, Buffer.alloc(100));
    await expect(exported()).rejects.toMatchObject({ code: 'failed-precondition' });
    for (const objectId of bucket.objectIds()) await bucket.delete({ ...ada, projectId: from }, objectId);
    const { result } = await takeIn(await exported());
    expect(result).toEqual({ imported: { assets: 0, sizeBytes: 0 }, withoutContent: 2 });
    expect((await takeIn(whole)).result.imported.assets).toBe(2);
  });

  it('leaves nothing open when its reader goes away before the first piece', async () => {
    let openFiles = 0;
    const get = bucket.get.bind(bucket);
    async function* counted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      openFiles += 1;
      try {
        yield* content;
      } finally {
        openFiles -= 1;
      }
    }
    bucket.get = async (scope, objectId) => counted(await get(scope, objectId));
    await save('one', Buffer.alloc(4_000_000));
    const recipient = await identityToRecipient(await generateX25519Identity());
    for (const encryption of [{}, { recipient }]) {
      const archive = await archives.export(ada, from, encryption);
      await vi.waitFor(() => expect(openFiles).toBe(1));
      Readable.from(archive.reveal('write-response'), { objectMode: false }).destroy();
      await vi.waitFor(() => expect(openFiles).toBe(0));
    }
  });

  it('is taken in under new ids, with names, tags, descriptions and contents as they were', async () => {
    const saved = await save('one', 'first');
    await room.service.change(ada, from, saved.id, { tags: ['North', 'mill'] });
    await save('two', Buffer.alloc(300_000, 'x'));
    await save('a prompt', 'right', 'checked');
    await put('an object');
    const { told, result } = await takeIn(await exported());
    const imported = { assets: 4, sizeBytes: 5 + 300_000 + 5 + 9 };
    expect(result).toEqual({ imported, withoutContent: 0 });
    expect(told[0]).toEqual({ type: 'started', total: imported });
    expect(told.at(-1)).toEqual({ type: 'progress', imported });
    expect(checkedTypes).toBe(1);
    expect(await namesIn(to)).toEqual(['a prompt', 'archive', 'one', 'two']);
    const { items } = await room.service.list(ada, to, { search: 'one', limit: 10 });
    expect(items).toMatchObject([{ name: 'one', description: 'of one', tags: ['North', 'mill'], type: 'data-asset' }]);
    expect(items[0]?.id).not.toBe(saved.id);
    const opened = await room.service.open(ada, to, items[0]?.id ?? '');
    expect(Buffer.from(opened.content.reveal('seal')).toString()).toBe('first');
    const { items: objects } = await room.bucketObjects.list(ada, to, { limit: 100 });
    expect(objects.filter(({ assetId }) => assetId === undefined)).toHaveLength(1);
    expect(audit.events.filter(({ action }) => action === 'project.import')).toMatchObject([{ target: { id: to } }]);
  });

  it('is deleted afterwards when that is asked for, with a receipt', async () => {
    await save('one', 'text');
    const { result } = await takeIn(await exported(), { deleteArchive: true });
    expect(result.receipt?.split('.')).toHaveLength(3);
    expect(await namesIn(to)).toEqual(['one']);
  });

  it('is refused whole when its manifest and its files do not fit, and nothing is made', async () => {
    const saved = await save('one', 'text');
    const zip = await exported();
    const path = `assets/${saved.id}/one`;
    const refused = [
      await changed(zip, (name, content) => (name === 'manifest.json' ? undefined : content)),
      await changed(zip, (name, content) => (name === path ? undefined : content)),
      await changed(zip, (name, content) => (name === path ? Buffer.from('longer text') : content)),
      await changed(zip, (_, content) => content, { 'assets/stray': Buffer.from('x') }),
      await changedManifest(zip, () => 'no JSON'),
      await changedManifest(zip, (text) => text.replace('"version":1', '"version":3')),
      await changedManifest(zip, (text) => text.replace('cloister-project', 'other')),
      await changedManifest(zip, (text) => text.replaceAll(path, '../../one')),
      await changedManifest(zip, (text) => text.replace('"name":"one"', `"name":"${'x'.repeat(121)}"`)),
      Buffer.from('no zip'),
    ];
    for (const archive of refused)
      await expect(takeIn(archive)).rejects.toMatchObject({ details: { reason: 'archive-not-readable' } });
    const unknown = await changedManifest(zip, (text) => text.replace('"data-asset"', '"constructor"'));
    await expect(takeIn(unknown)).rejects.toMatchObject({ details: { reason: 'archive-type-unknown' } });
    const isArchive = (name: string) => name === 'archive';
    expect((await namesIn(to)).every(isArchive)).toBe(true);
    expect(audit.events.some(({ action }) => action === 'project.import')).toBe(false);
  });

  it('keeps what came before a file that is damaged or not what it says, and nothing of that file', async () => {
    for (const [name, type] of [
      ['1', 'data-asset'],
      ['2', 'checked'],
      ['3', 'data-asset'],
    ] as const)
      await save(name, `text ${name}`, type);
    const zip = await exported();
    const damaged = await changed(zip, (_, content) =>
      content.equals(Buffer.from('text 2')) ? Buffer.from('text x') : content,
    );
    await expect(takeIn(damaged)).rejects.toMatchObject({ details: { reason: 'archive-not-readable' } });
    expect(await namesIn(to)).toEqual(['1', 'archive']);
    await save('4', 'wrong', 'checked');
    await expect(takeIn(await exported())).rejects.toMatchObject({ message: 'wrong' });
    expect(await namesIn(to)).toEqual(['1', '1', '2', '3', 'archive', 'archive']);
  });

  it('is no longer taken in when nobody waits for it', async () => {
    await save('one', 'text');
    const gone = AbortSignal.abort();
    await expect(takeIn(await exported(), keep, gone)).rejects.toMatchObject({ code: 'cancelled' });
    expect(await namesIn(to)).toEqual(['archive']);
  });

  it('is not found where there is none', async () => {
    for (const assetId of [newId(), 'none']) {
      const importing = archives.import(ada, to, { assetId, ...keep }, { signal: never, onProgress: async () => {} });
      await expect(importing).rejects.toMatchObject(notFound('asset', assetId));
    }
  });
});
