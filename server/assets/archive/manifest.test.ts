import { describe, expect, it } from 'vitest';
import { createRecordingAudit } from '../../audit/testing.ts';
import { type Actor, newId, silentLogger } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import { createMemoryKeys } from '../../keys/testing.ts';
import { createMemoryStorage } from '../../storage/testing.ts';
import type { AssetListStore } from '../asset-list-store.ts';
import type { Asset } from '../asset-store.ts';
import { createMemoryAssetPartStore } from '../memory-asset-part-store.ts';
import { MemoryAssetRecords } from '../memory-asset-records.ts';
import { createMemoryAssetStore } from '../memory-asset-store.ts';
import { createMemoryBucketObjectStore } from '../memory-bucket-object-store.ts';
import { ObjectsInFlight } from '../objects-in-flight.ts';
import { SealedContents } from '../sealed-contents.ts';
import { type ArchivedAsset, type ArchivedPart, MOST_ENTRIES, MOST_MANIFEST_BYTES } from './archive-manifest.ts';
import { readManifest } from './manifest-reader.ts';
import { ManifestWriter } from './manifest-writer.ts';
import { createProjectExport } from './project-export.ts';

const notReadable = { code: 'failed-precondition', details: { reason: 'archive-not-readable' } };
const tooLarge = { code: 'failed-precondition', details: { reason: 'project-too-large' } };
const at = new Date(0).toISOString();
const head = {
  format: 'cloister-project',
  version: 1,
  madeAt: at,
  project: { name: 'Mill', description: 'brackets ]}[{ "quoted" \\' },
} as const;
const about = { type: 'data-asset', description: '', tags: ['a'], mediaType: '', createdAt: at, updatedAt: at };
const asset = (name: string): ArchivedAsset => ({ ...about, id: newId(), name, createdBy: 'Ada' });
const object = () => ({ id: newId(), createdAt: at });

async function textOf(writer: ManifestWriter): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of writer.text()) pieces.push(piece);
  return Buffer.concat(pieces);
}

function written(assets: readonly ArchivedAsset[], objects: readonly { id: string; createdAt: string }[]) {
  const writer = new ManifestWriter(head);
  for (const one of assets) writer.addAsset(one);
  for (const one of objects) writer.addObject(one);
  return textOf(writer);
}

describe('a manifest', () => {
  it('is read as it was written', async () => {
    const assets = ['one', '}]', '"{\\"', 'Größe, 大きさ'].map(asset);
    for (const [some, others] of [
      [[], []],
      [assets, []],
      [assets, [object(), object()]],
    ] as const) {
      const bytes = await written(some, others);
      const whole = { ...head, assets: some, objects: others };
      expect(JSON.parse(bytes.toString())).toEqual(whole);
      expect(await readManifest(bytes)).toEqual({ ...whole, parts: [] });
      // As another program may write it, in another order and with members of a later version.
      const foreign = { objects: others, later: [{ deep: [{}] }, [{}], 1], ...head, assets: some };
      expect(await readManifest(Buffer.from(JSON.stringify(foreign, null, 4)))).toEqual({ ...whole, parts: [] });
    }
  });

  it('says with parts that it is one which earlier versions cannot read', async () => {
    const ids = { id: newId(), assetId: newId() };
    const about = { number: 7, name: '', description: '', createdAt: new Date(0).toISOString(), createdBy: 'Ada' };
    const part: ArchivedPart = { ...ids, ...about, kind: 'version' };
    const writer = new ManifestWriter(head);
    writer.addPart(part);
    expect(await readManifest(await textOf(writer))).toEqual({
      ...head,
      version: 2,
      assets: [],
      parts: [part],
      objects: [],
    });
  });

  it('is refused when it is none, or has what is no entry', async () => {
    const bytes = await written([asset('one')], [object()]);
    const text = bytes.toString();
    const lists = (assets: string) => `${JSON.stringify(head).slice(0, -1)},"objects":[],"assets":${assets}}`;
    const entry = JSON.stringify(asset('one'));
    await readManifest(Buffer.from(lists(`[${entry}]`)));
    const deep = (depth: number) =>
      `${text.slice(0, text.lastIndexOf('}'))},"later":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    await readManifest(Buffer.from(deep(99)));
    for (const refused of [
      '',
      deep(100),
      '[]',
      text.slice(0, -3),
      `${text}]`,
      text.replace('"one"', '"one'),
      lists('{}'),
      lists('[0]'),
      lists('[null]'),
      lists(`[${entry},0]`),
      lists(`[${entry}${entry}]`),
      lists(`[${entry},]`),
      lists(`[${entry.slice(0, -1)}]]`),
      lists(`[${entry.replace('"one"', `"${'x'.repeat(100_000)}"`)}]`),
      lists(`[${'[],'.repeat(1_000_000)}[]]`),
    ])
      await expect(readManifest(Buffer.from(refused))).rejects.toMatchObject(notReadable);
  });

  it('is refused at its first fault, or when it has too many entries or bytes', async () => {
    const of = (entries: number) =>
      Buffer.from(`${JSON.stringify(head).slice(0, -1)},"objects":[],"assets":[${'{},'.repeat(entries - 1)}{}]}`);
    await expect(readManifest(of(MOST_ENTRIES))).rejects.toMatchObject(notReadable);
    await expect(readManifest(of(MOST_ENTRIES + 1))).rejects.toThrow(/more than 200000 files/);
    await expect(readManifest(of(10_000_000))).rejects.toThrow(/more than 200000 files/);
    await expect(readManifest(Buffer.alloc(MOST_MANIFEST_BYTES + 1))).rejects.toThrow(/too large/);
  });

  it('lets others have their turn while it is read', async () => {
    const bytes = await written(
      Array.from({ length: 5000 }, (_, number) => asset(`asset ${number}`)),
      [],
    );
    let turns = 0;
    let next = setImmediate(function count() {
      turns += 1;
      next = setImmediate(count);
    });
    await readManifest(bytes);
    clearImmediate(next);
    expect(turns).toBeGreaterThan(9);
  });
});

describe('a project that is too large for an archive', () => {
  it('has no manifest with more entries, or larger ones, than can be taken in', () => {
    const many = new ManifestWriter(head);
    const one = object();
    for (let number = 0; number < MOST_ENTRIES; number += 1) many.addObject(one);
    expect(() => many.addObject(one)).toThrow(expect.objectContaining(tooLarge));
    const large = new ManifestWriter(head);
    const described = { ...asset('one'), description: 'x'.repeat(1000) };
    const most = Math.floor(MOST_MANIFEST_BYTES / 1000);
    const fill = () => {
      for (let number = 0; number < most; number += 1) large.addAsset(described);
    };
    expect(fill).toThrow(expect.objectContaining(tooLarge));
  });

  it('is refused before the export is recorded, whether it has too many assets or too many objects', async () => {
    const ada: Actor = { accountId: newId(), userId: newId(), via: 'login-session' };
    const projectId = newId();
    const clock = manualClock();
    const audit = createRecordingAudit();
    const storage = createMemoryStorage({ keys: createMemoryKeys().service });
    const records = new MemoryAssetRecords();
    const store = createMemoryAssetStore({ records });
    const inFlight = new ObjectsInFlight();
    const contents = new SealedContents({ store, storage, inFlight, clock, logger: silentLogger });
    const project = { accountId: ada.accountId, createdBy: ada.userId, createdAt: new Date(0), role: 'admin' } as const;
    const { content: _, expiresAt: __, ...one } = asset('one');
    const row: Asset = {
      ...one,
      projectId,
      sealedSizeBytes: 0,
      createdByUserId: ada.userId,
      createdAt: new Date(0),
      updatedAt: new Date(0),
      revision: 1,
      settings: { autosaves: false, keepsVersions: false },
    };
    const exporting = (lists: AssetListStore, objects: number) =>
      createProjectExport({
        authorize: async () => {},
        audit,
        projects: { get: async (_actor, id) => ({ ...project, id, name: 'Mill', description: '' }) },
        store,
        lists,
        parts: createMemoryAssetPartStore(records),
        objectStore: {
          ...createMemoryBucketObjectStore(records),
          count: async () => ({ assets: 0, byType: [{ type: 'object', objects, sealedBytes: 0 }] }),
        },
        contents,
        clock,
      }).export(ada, projectId, {});
    const none: AssetListStore = { list: async () => [], find: async () => [], count: async () => 0 };
    const endless: AssetListStore = {
      ...none,
      list: async (_scope, { limit }) =>
        Array.from({ length: limit }, () => ({ asset: row, position: { value: '', id: row.id } })),
    };
    await expect(exporting(endless, 0)).rejects.toMatchObject(tooLarge);
    await expect(exporting(none, MOST_ENTRIES + 1)).rejects.toMatchObject(tooLarge);
    expect(audit.events).toEqual([]);
  });
});
