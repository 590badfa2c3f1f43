import type { Audit } from '../../audit/index.ts';
import type { Actor, Authorize, Clock } from '../../core/index.ts';
import type { ProjectService } from '../../projects/index.ts';
import type { AssetListStore, AssetPosition } from '../asset-list-store.ts';
import type { AssetPart, AssetPartStore } from '../asset-part-store.ts';
import type { Asset, AssetStore, PersonScope } from '../asset-store.ts';
import type { BucketObjectStore } from '../bucket-object-store.ts';
import {
  type ContentStream,
  onceRecorded,
  openLatest,
  type SealedContents,
  startedContent,
} from '../sealed-contents.ts';
import { encryptionTo } from './age-encryption.ts';
import {
  type ArchivedAsset,
  type ArchivedContent,
  type ArchivedPart,
  MANIFEST_PATH,
  pathOfAsset,
  pathOfObject,
  pathOfPart,
} from './archive-manifest.ts';
import { entrySizeBytes, ManifestRoom, ManifestWriter } from './manifest-writer.ts';
import { measured } from './measured.ts';
import { type NewZipEntry, zipOf } from './zip-writer.ts';

const PAGE = 200;

/** An archive of a whole project: what is in it belongs to the people who put it there. */
export type ProjectExport = {
  /**
   * A zip with everything that is saved in the project, and a manifest, in pieces. The export is recorded before the first one. What is saved
   * or deleted meanwhile is in it or not; whatever is in it is whole. When something cannot be opened, the reading fails, here or in the
   * middle of the stream: a zip that ends is one that has everything.
   * @throws AppError `failed-precondition` (reason `project-too-large`) when no import would take the archive; in the middle of the stream
   *   when it becomes so meanwhile
   * @param options.recipient the archive is encrypted to this age recipient
   */
  export(actor: Actor, projectId: string, options: { readonly recipient?: string }): Promise<ContentStream>;
};

type ProjectExportOptions = {
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly projects: Pick<ProjectService, 'get'>;
  readonly store: AssetStore;
  readonly lists: AssetListStore;
  readonly parts: AssetPartStore;
  readonly objectStore: BucketObjectStore;
  readonly contents: SealedContents;
  readonly clock: Clock;
};

export function createProjectExport(options: ProjectExportOptions): ProjectExport {
  const { authorize, audit, projects, clock } = options;
  return {
    async export(actor, projectId, { recipient }) {
      await authorize(actor, { action: 'export-project', projectId });
      const encrypt = recipient === undefined ? undefined : encryptionTo(recipient);
      const { name, description } = await projects.get(actor, projectId);
      const { accountId, userId } = actor;
      const scope = { accountId, userId, projectId };
      await requireRoom(options, scope);
      const manifest = new ManifestWriter({
        format: 'cloister-project',
        madeAt: clock.now().toISOString(),
        project: { name, description },
      });
      const zip = zipOf(entriesOf(options, scope, manifest));
      // What cannot be opened at all is told before the answer begins.
      const started = await startedContent(encrypt === undefined ? zip : encrypt(zip));
      const event = { action: 'project.export', target: { type: 'project', id: projectId }, projectId } as const;
      const { content } = await onceRecorded(started, () => audit.record(actor, event));
      return content;
    },
  };
}

/** Before the first byte: every entry as large as it can become. */
async function requireRoom(options: ProjectExportOptions, scope: PersonScope): Promise<void> {
  const room = new ManifestRoom();
  const { byType } = await options.objectStore.count(scope);
  const objects = byType.find(({ type }) => type === 'object')?.objects ?? 0;
  const content = { sizeBytes: Number.MAX_SAFE_INTEGER, sha256: 'f'.repeat(64) };
  const [id, path] = [scope.projectId, pathOfObject(scope.projectId)];
  room.take(
    entrySizeBytes({ id, createdAt: options.clock.now().toISOString(), content: { path, ...content } }),
    objects,
  );
  for await (const asset of assetsOf(options, scope))
    room.take(entrySizeBytes(archived(asset, { path: pathOfAsset(asset), ...content })));
  for await (const part of partsOf(options, scope))
    room.take(entrySizeBytes(archivedPartOf(part, { path: pathOfPart(part.id), ...content })));
}

/** The files of the archive, one after the other; the manifest is filled on the way and comes last. */
async function* entriesOf(
  options: ProjectExportOptions,
  scope: PersonScope,
  manifest: ManifestWriter,
): AsyncGenerator<NewZipEntry> {
  const exported = new Set<string>();
  for await (const asset of assetsOf(options, scope)) {
    const found = await openAsset(options, scope, asset.id);
    if (found === undefined) continue;
    exported.add(asset.id);
    const path = pathOfAsset(found.asset);
    const add = (content?: ArchivedContent) => manifest.addAsset(archived(found.asset, content));
    if (found.opened === undefined) add();
    else
      yield {
        path,
        at: found.asset.updatedAt,
        content: measured(found.opened, (measure) => add({ path, ...measure })),
      };
  }
  for await (const { id, assetId, kind, number } of partsOf(options, scope)) {
    // Saved meanwhile, under an asset that is not in the archive.
    if (!exported.has(assetId)) continue;
    const find = async () => (await options.parts.findWithObjects({ ...scope, assetId }, kind, [number]))[0];
    const found = await openLatest(find, (sealed) => options.contents.open(scope, sealed));
    if (found === undefined) continue;
    const { part } = found;
    const path = pathOfPart(id);
    if (found.opened === undefined) manifest.addPart(archivedPartOf(part, undefined));
    else
      yield {
        path,
        at: part.createdAt,
        content: measured(found.opened, (measure) => manifest.addPart(archivedPartOf(part, { path, ...measure }))),
      };
  }
  for await (const { objectId, createdAt } of objectsOf(options, scope)) {
    const find = async () => {
      const row = await options.objectStore.find(scope, objectId);
      return row && { object: row.sealed };
    };
    const found = await openLatest(find, (sealed) => options.contents.open(scope, sealed));
    if (found === undefined) continue;
    const path = pathOfObject(objectId);
    const object = { id: objectId, createdAt: createdAt.toISOString() };
    if (found.opened === undefined) manifest.addObject(object);
    else
      yield {
        path,
        at: createdAt,
        content: measured(found.opened, (measure) => manifest.addObject({ ...object, content: { path, ...measure } })),
      };
  }
  yield { path: MANIFEST_PATH, at: options.clock.now(), content: manifest.text() };
}

/** In the order in which they were made, in which nothing moves while it is read. */
async function* assetsOf({ lists }: ProjectExportOptions, scope: PersonScope): AsyncGenerator<Asset> {
  let after: AssetPosition | undefined;
  for (;;) {
    const place = after === undefined ? {} : { after };
    const page = await lists.list(scope, { sort: 'created', order: 'ascending', limit: PAGE, ...place });
    for (const { asset } of page) yield asset;
    after = page.at(-1)?.position;
    if (page.length < PAGE) return;
  }
}

async function* partsOf({ parts }: ProjectExportOptions, scope: PersonScope): AsyncGenerator<AssetPart> {
  let after: AssetPart | undefined;
  for (;;) {
    const page = await parts.listInProject(scope, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page;
    after = page.at(-1);
    if (page.length < PAGE) return;
  }
}

/** Those that belong to no asset. New content moves an object to the front of the list, so it is read until nothing in it is new. */
async function* objectsOf({ objectStore }: ProjectExportOptions, scope: PersonScope) {
  const tried = new Set<string>();
  for (let isNew = true; isNew; ) {
    isNew = false;
    let after: { at: Date; id: string } | undefined;
    for (;;) {
      const page = await objectStore.list(scope, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const object of page) {
        if (object.assetId !== undefined || tried.has(object.objectId)) continue;
        tried.add(object.objectId);
        isNew = true;
        yield object;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = { at: last.createdAt, id: last.objectId };
    }
  }
}

function openAsset({ store, contents }: ProjectExportOptions, scope: PersonScope, assetId: string) {
  return openLatest(
    () => store.findWithObject({ ...scope, assetId }),
    (sealed) => contents.open(scope, sealed),
  );
}

function archived(asset: Asset, content: ArchivedContent | undefined): ArchivedAsset {
  const { id, type, name, description, tags, mediaType, createdBy, settings, expiresAt } = asset;
  return {
    id,
    type,
    name,
    description,
    tags: [...tags],
    mediaType,
    createdAt: asset.createdAt.toISOString(),
    createdBy,
    updatedAt: asset.updatedAt.toISOString(),
    ...(settings.autosaves || settings.keepsVersions ? { settings } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    ...(content === undefined ? {} : { content }),
  };
}

function archivedPartOf(part: AssetPart, content: ArchivedContent | undefined): ArchivedPart {
  const { id, assetId, kind, number, name, description, createdBy, expiresAt } = part;
  return {
    ...{ id, assetId, kind, number, name, description, createdBy },
    createdAt: part.createdAt.toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    ...(content === undefined ? {} : { content }),
  };
}
