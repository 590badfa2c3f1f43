import type { Audit } from '../../audit/index.ts';
import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  Confidential,
  isId,
  newId,
  notFound,
} from '../../core/index.ts';
import type { SealedObject } from '../../storage/index.ts';
import { PART_PURPOSES } from '../asset-part-service.ts';
import type { AssetPartKind, AssetPartStore } from '../asset-part-store.ts';
import { type AssetService, withDestroyed } from '../asset-service.ts';
import type { AssetStore, PersonScope } from '../asset-store.ts';
import { readTags } from '../asset-tags.ts';
import { BUCKET_OBJECT } from '../bucket-object-service.ts';
import type { BucketObjectStore } from '../bucket-object-store.ts';
import { ASSET_CONTENT, type SealedContents } from '../sealed-contents.ts';
import { type ArchivedContent, type ArchiveManifest, MANIFEST_PATH, MOST_MANIFEST_BYTES } from './archive-manifest.ts';
import { readManifest } from './manifest-reader.ts';
import { measured } from './measured.ts';
import { notReadable, readZip, type ZipReading } from './zip-reader.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How often the progress within a large file is told. */
const PROGRESS_BYTES = 8 * 1024 * 1024;
/** What is checked before it is kept is read into memory. */
const MOST_CHECKED_BYTES = 16 * 1024 * 1024;

/** Says whether content is what its type says. @throws AppError when it is not */
export type ContentCheck = (content: Confidential<Uint8Array>) => void;

/** Port: the types of assets that this version knows, each with what checks its content, or null where any content will do. */
export type ContentChecks = Readonly<Record<string, ContentCheck | null>>;

/** Port: which parts an asset of a type has, and how long it is kept; types that are not in it have none, and stay. */
export type PartRules = Readonly<
  Record<
    string,
    {
      readonly kind: AssetPartKind;
      /** Of the content of each part. */
      readonly check: ContentCheck;
      readonly mostKept: number;
      /** From its import on at most, whatever the archive says. */
      readonly keptForDays?: number;
    }
  >
>;

/** Of the archive: files, and their bytes. */
export type ImportAmount = { readonly assets: number; readonly sizeBytes: number };

export type ImportProgress =
  | { readonly type: 'started'; readonly total: ImportAmount }
  | { readonly type: 'progress'; readonly imported: ImportAmount };

export type ImportResult = {
  readonly imported: ImportAmount;
  /** Assets, parts and objects that were left out, as the archive has no content of them. */
  readonly withoutContent: number;
  /** The deletion receipt of the archive, if it was deleted. */
  readonly receipt?: string;
};

/** Takes archives in that {@link ProjectExport} made, here or elsewhere. */
export type ProjectImport = {
  /**
   * Makes everything in the archive anew in the project: under new ids, by the actor, now; names stay, and so do the times of parts and of
   * what expires. What has expired by then is left out with its parts. The archive is a data asset of the
   * project, read from where it is sealed: no plaintext is put anywhere. Its list, its manifest, names, sizes and types are checked before
   * anything is made. Each file is made whole, with the SHA-256 that the manifest says, or not at all; at the first that cannot be made the
   * import ends, and what was made by then stays. The archive's own deletion, if it was asked for, comes last.
   * @param options.onProgress told as it goes, and waited for; what was made when it fails is what it was told last
   * @throws AppError `failed-precondition` (reason `archive-not-readable` or `archive-type-unknown`), `cancelled` by the signal
   */
  import(
    actor: Actor,
    projectId: string,
    request: { readonly assetId: string; readonly deleteArchive: boolean },
    options: {
      readonly onProgress: (progress: ImportProgress) => Promise<void>;
      readonly signal: AbortSignal;
    },
  ): Promise<ImportResult>;
};

type ProjectImportOptions = {
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly assets: Pick<AssetService, 'delete'>;
  readonly store: AssetStore;
  readonly objectStore: BucketObjectStore;
  readonly contents: SealedContents;
  readonly checks: ContentChecks;
  readonly partRules: PartRules;
  readonly parts: AssetPartStore;
  readonly clock: Clock;
};

export function createProjectImport(options: ProjectImportOptions): ProjectImport {
  const { authorize, audit, assets, store, contents } = options;

  async function openArchive(scope: PersonScope, assetId: string): Promise<ZipReading> {
    if (!isId(assetId)) throw notFound('asset', assetId);
    const found = await store.findWithObject({ ...scope, assetId });
    if (found === undefined) throw notFound('asset', assetId);
    const { object } = found;
    if (object?.sizeBytes === undefined)
      throw notReadable('its content is missing, or was not uploaded as a data asset');
    return readZip({ sizeBytes: object.sizeBytes, read: (range) => contents.open(scope, object, range) });
  }

  return {
    async import(actor, projectId, { assetId, deleteArchive }, { onProgress, signal }) {
      await authorize(actor, { action: 'import-project', projectId });
      const scope = { accountId: actor.accountId, userId: actor.userId, projectId };
      const zip = await openArchive(scope, assetId);
      const manifest = await manifestOf(zip);
      requireWhole(manifest, zip);
      requireKnownTypes(manifest, options);
      const target = { type: 'project', id: projectId } as const;
      await audit.record(actor, { action: 'project.import', target, projectId });

      const files = filesOf(manifest, options, actor, scope);
      await onProgress({ type: 'started', total: amountOf(files) });
      let imported: ImportAmount = { assets: 0, sizeBytes: 0 };
      for (const { content, make } of files) {
        const before = imported;
        await make(
          watched(await zip.open(content.path), content, signal, (sizeBytes) =>
            onProgress({ type: 'progress', imported: { ...before, sizeBytes: before.sizeBytes + sizeBytes } }),
          ),
        );
        imported = { assets: before.assets + 1, sizeBytes: before.sizeBytes + content.sizeBytes };
        await onProgress({ type: 'progress', imported });
      }
      const withoutContent = [...manifest.assets, ...manifest.parts, ...manifest.objects].filter(
        ({ content }) => content === undefined,
      ).length;
      const receipt = deleteArchive ? { receipt: await assets.delete(actor, projectId, assetId) } : {};
      return { imported, withoutContent, ...receipt };
    },
  };
}

type ArchivedFile = {
  readonly content: ArchivedContent;
  /** Seals the content and keeps its row. */
  make(pieces: AsyncIterable<Uint8Array>): Promise<void>;
};

/** What is made of the archive, in its order: parts after the assets that they belong to. */
function filesOf(
  manifest: ArchiveManifest,
  options: ProjectImportOptions,
  actor: Actor,
  scope: PersonScope,
): readonly ArchivedFile[] {
  const { audit, store, parts, objectStore, contents, checks, partRules, clock } = options;
  const { projectId } = scope;
  const now = clock.now();
  const newIds = new Map<string, { readonly id: string; readonly type: string }>();
  const assets = manifest.assets.flatMap((archived): ArchivedFile[] => {
    const { content, type, name, description, tags, mediaType, settings } = archived;
    const expiry = expiryOf(archived, partRules[type]?.keptForDays, now);
    if (content === undefined || isOver(expiry, now)) return [];
    const id = newId();
    newIds.set(archived.id, { id, type });
    const make = async (pieces: AsyncIterable<Uint8Array>) => {
      const metadata = { id, type, name, description, tags, mediaType, createdByUserId: actor.userId };
      const asset = { ...metadata, ...expiry, ...(settings === undefined ? {} : { settings }) };
      const insert = (object: SealedObject) => store.insert(scope, { ...asset, object }, clock.now());
      const event = { action: 'asset.create', target: { type: 'asset', id }, projectId } as const;
      const check = checks[type] ?? undefined;
      await contents.save(
        scope,
        ASSET_CONTENT,
        check === undefined ? pieces : checked(pieces, content, check),
        (object) => audit.change(actor, event, () => insert(object)),
      );
    };
    return [{ content, make }];
  });
  const partFiles = manifest.parts.flatMap(({ content, assetId, kind, ...archived }): ArchivedFile[] => {
    const asset = newIds.get(assetId);
    const rule = asset && partRules[asset.type];
    const expiry = expiryOf(archived, undefined, now);
    if (asset === undefined || rule === undefined || content === undefined || isOver(expiry, now)) return [];
    const make = async (pieces: AsyncIterable<Uint8Array>) => {
      const { name, description } = archived;
      const createdAt = new Date(Math.min(Date.parse(archived.createdAt), now.getTime()));
      const part = { id: newId(), kind, name, description, createdAt, ...expiry, createdByUserId: actor.userId };
      await contents.save(scope, PART_PURPOSES[kind], checked(pieces, content, rule.check), async (object) => {
        const target = { type: 'asset', id: asset.id } as const;
        const add = async () => {
          const added = await parts.add(
            { ...scope, assetId: asset.id },
            { ...part, object },
            {
              mostKept: rule.mostKept,
              now: clock.now(),
            },
          );
          if (added === undefined) throw notFound('asset', asset.id);
          return added;
        };
        const event = ({ part: { number }, destroyed }: Awaited<ReturnType<typeof add>>) =>
          withDestroyed({ action: 'asset-part.add', target, projectId, details: { partNumbers: [number] } }, destroyed);
        const { destroyed } = await audit.change(actor, event, add);
        await contents.delete(scope, destroyed.storedIds);
      });
    };
    return [{ content, make }];
  });
  const objects = manifest.objects.flatMap(({ content }): ArchivedFile[] => {
    if (content === undefined) return [];
    const make = async (pieces: AsyncIterable<Uint8Array>) => {
      const id = newId();
      const event = { action: 'object.put', target: { type: 'object', id }, projectId } as const;
      await contents.save(scope, BUCKET_OBJECT, pieces, (sealed) =>
        audit.change(actor, event, () => objectStore.put(scope, id, sealed, { now: clock.now(), mustExist: false })),
      );
    };
    return [{ content, make }];
  });
  return [...assets, ...partFiles, ...objects];
}

/** When it ends: as the archive says, and not later than its type is kept. */
function expiryOf(
  { expiresAt }: { readonly expiresAt?: string | undefined },
  keptForDays: number | undefined,
  now: Date,
): { readonly expiresAt?: Date } {
  const ends = [
    ...(expiresAt === undefined ? [] : [Date.parse(expiresAt)]),
    ...(keptForDays === undefined ? [] : [now.getTime() + keptForDays * DAY_MS]),
  ];
  return ends.length === 0 ? {} : { expiresAt: new Date(Math.min(...ends)) };
}

const isOver = ({ expiresAt }: { readonly expiresAt?: Date }, now: Date) => expiresAt !== undefined && expiresAt <= now;

async function manifestOf(zip: ZipReading): Promise<ArchiveManifest> {
  const sizeBytes = zip.sizes.get(MANIFEST_PATH);
  if (sizeBytes === undefined) throw notReadable(`it has no ${MANIFEST_PATH}`);
  if (sizeBytes > MOST_MANIFEST_BYTES) throw notReadable(`its ${MANIFEST_PATH} is too large`);
  const { assets, ...rest } = await readManifest(await collect(await zip.open(MANIFEST_PATH)));
  return { ...rest, assets: assets.map((asset) => ({ ...asset, tags: [...readTags(asset.tags)] })) };
}

/** Every file that the manifest names is there, once and in its size, and no other. */
function requireWhole({ assets, parts, objects }: ArchiveManifest, { sizes }: ZipReading): void {
  const contents = [...assets, ...parts, ...objects].flatMap(({ content }) => (content === undefined ? [] : [content]));
  const named = new Set(contents.map(({ path }) => path));
  if (named.size !== contents.length) throw notReadable(`its ${MANIFEST_PATH} names a file twice`);
  for (const { path, sizeBytes } of contents)
    if (sizes.get(path) !== sizeBytes)
      throw notReadable('a file in it is missing, or not as large as its manifest says');
  if (sizes.size !== named.size + 1) throw notReadable('it has files that its manifest does not name');
}

function requireKnownTypes(
  { assets, parts }: ArchiveManifest,
  { checks, partRules }: Pick<ProjectImportOptions, 'checks' | 'partRules'>,
): void {
  const types = new Map(assets.map(({ id, type }) => [id, type]));
  const isKnown = ({ assetId, kind }: ArchiveManifest['parts'][number]) =>
    partRules[types.get(assetId) ?? '']?.kind === kind;
  if (assets.every(({ type }) => Object.hasOwn(checks, type)) && parts.every(isKnown)) return;
  throw new AppError(
    'failed-precondition',
    'This archive has assets, or parts of assets, of a type that this version of Cloister does not know. Import it with the version that made it, or a later one.',
    { details: { reason: 'archive-type-unknown' } },
  );
}

function amountOf(files: readonly ArchivedFile[]): ImportAmount {
  return { assets: files.length, sizeBytes: files.reduce((sum, { content }) => sum + content.sizeBytes, 0) };
}

/** Passes the file on, tells how far it is, and fails at its end unless it is what the manifest says: then nothing of it is kept. */
async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  { sizeBytes, sha256 }: ArchivedContent,
  signal: AbortSignal,
  tell: (sizeBytes: number) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let [passed, told] = [0, 0];
  let isRight = false;
  const measure = measured(pieces, (found) => {
    isRight = found.sizeBytes === sizeBytes && found.sha256 === sha256;
  });
  for await (const piece of measure) {
    if (signal.aborted) throw new AppError('cancelled', 'The import was broken off. What was taken in by then stays.');
    passed += piece.length;
    yield piece;
    if (passed - told < PROGRESS_BYTES) continue;
    told = passed;
    await tell(passed);
  }
  if (!isRight) throw notReadable('a file in it is damaged: its SHA-256 is not what the manifest says');
}

/** Content of a type that is more than bytes is kept only when it is what it says. */
async function* checked(
  pieces: AsyncIterable<Uint8Array>,
  { sizeBytes }: ArchivedContent,
  check: ContentCheck,
): AsyncGenerator<Uint8Array> {
  if (sizeBytes > MOST_CHECKED_BYTES) throw notReadable('a saved prompt in it is too large');
  const bytes = await collect(pieces);
  check(Confidential.of<Uint8Array>(bytes));
  yield bytes;
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(piece);
  return Buffer.concat(collected);
}
