import { type Audit, type AuditEvent, sumDigests } from '../audit/index.ts';
import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  Confidential,
  invalidField,
  isId,
  type Logger,
  newId,
  notFound,
  type Page,
  type PageRequest,
} from '../core/index.ts';
import type { SealedObject, Storage } from '../storage/index.ts';
import { decodeAssetCursor, encodeAssetCursor, positionIn } from './asset-cursor.ts';
import type { AssetFilter, AssetListStore, AssetOrder, AssetPosition } from './asset-list-store.ts';
import type { DestroyedParts } from './asset-part-store.ts';
import type { Asset, AssetPlace, AssetStore, ChangedAsset, PersonScope } from './asset-store.ts';
import { readTags } from './asset-tags.ts';
import type { ObjectsInFlight } from './objects-in-flight.ts';
import { pageSize } from './page-cursor.ts';
import type { RequestedPart } from './requested-part.ts';
import type { AssetSettings, SaveConditions } from './save-conditions.ts';
import { ASSET_CONTENT, type OpenedContent, onceRecorded, openLatest, type SealedContents } from './sealed-contents.ts';
import type { SealedDigestStore } from './sealed-digest-store.ts';
import { type Sweep, sweepOrphans } from './sweep-orphans.ts';
import type { UploadStore } from './upload-store.ts';

export type AssetContent = Confidential<Uint8Array>;

/** `open` has the content in memory, and an upload, or whoever may write to the bucket, may have made it any size. `openStream` has no limit. */
const MAX_OPENED_BYTES = 64 * 1024 * 1024;

/** Counting ends here: whoever reads "more than a thousand" searches, and it costs the database no more than one longer page. */
const MOST_COUNTED = 1000;

export type AssetListRequest = PageRequest &
  AssetFilter &
  Partial<AssetOrder> & {
    /** Whether the first page says how many there are. */
    readonly withTotal?: boolean;
  };

export type AssetPage = Page<Asset> & {
  /** Of all pages; `isAll` false: there are more than were counted. */
  readonly total?: { readonly count: number; readonly isAll: boolean };
};

/**
 * What people saved in projects. Every method checks first whether the actor may, and every change and opening is recorded. An id that is
 * not one, is unknown or belongs to another project is `not-found`, with the same words.
 */
export type AssetService = {
  /** Saves. When it resolves, the asset survives a crash; when it throws, nothing of it is there. */
  create(
    actor: Actor,
    projectId: string,
    asset: {
      readonly type: string;
      readonly name: string;
      readonly description: string;
      /** What the content is (`text/csv`); absent: nobody says. */
      readonly mediaType?: string;
      readonly content: AssetContent;
      /** From then on it is not found, and soon destroyed with its parts. Absent: it stays until it is deleted. */
      readonly expiresAt?: Date;
    },
  ): Promise<Asset>;
  /**
   * Newest change first unless told. Paging is stable: an asset that nobody changes meanwhile comes exactly once. No cursor has a name in it.
   * @throws AppError `invalid-argument` also where a list of names cannot go on: the last assets of the page before were all changed since
   */
  list(actor: Actor, projectId: string, request: AssetListRequest): Promise<AssetPage>;
  /** @param purpose what for: somebody who may not write is told that, and not whether the asset is there. */
  get(actor: Actor, projectId: string, assetId: string, purpose?: 'list-assets' | 'write-asset'): Promise<Asset>;
  /**
   * Gives the content out when the audit log has it.
   * @param type what it must be: an asset of another type is `not-found`, and neither opened nor recorded
   * @throws AppError `failed-precondition` (reason `content-missing`, `content-too-large` or `sealed-data-not-readable`).
   */
  open(
    actor: Actor,
    projectId: string,
    assetId: string,
    type?: string,
  ): Promise<{ readonly asset: Asset; readonly content: AssetContent }>;
  /** As {@link open}, for content of any size, or a part of it; see `BucketObjectService.open`. */
  openStream(
    actor: Actor,
    projectId: string,
    assetId: string,
    part?: RequestedPart,
  ): Promise<{ readonly asset: Asset; readonly opened: OpenedContent }>;
  /**
   * Changes what is given. New content takes the old one's place as a whole, which may stay as a version; of two saves at once, the last one
   * counts, unless the conditions say otherwise.
   * @throws AppError `failed-precondition` (reason `content-changed`, `asset-locked` or `lock-taken-over`), see `SaveConditions`
   */
  change(
    actor: Actor,
    projectId: string,
    assetId: string,
    change: SaveConditions & {
      readonly name?: string;
      readonly description?: string;
      readonly tags?: readonly string[];
      readonly settings?: Partial<AssetSettings>;
      readonly content?: AssetContent;
    },
  ): Promise<Asset>;
  /**
   * From then on no copy of the content, or of a part, can be opened: their keys are gone with the rows.
   * @returns the deletion receipt
   * @throws AppError `failed-precondition` (reason `asset-locked`) while somebody else edits it
   */
  delete(actor: Actor, projectId: string, assetId: string): Promise<string>;
  /** Removes sealed objects that no row refers to. The deployment runs it at start and every hour; nobody is asked for. */
  sweepOrphans(): Promise<Sweep>;
};

export function createAssetService(options: {
  readonly store: AssetStore;
  readonly lists: AssetListStore;
  readonly digests: SealedDigestStore;
  /** For the sweep. */
  readonly uploads: Pick<UploadStore, 'listExpired' | 'deleteExpired'>;
  readonly contents: SealedContents;
  readonly inFlight: ObjectsInFlight;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
}): AssetService {
  const { store, lists, digests, contents, inFlight, authorize, audit, clock, logger } = options;

  /** Opens what the row of the asset has now. */
  async function opening<T>(place: AssetPlace, open: (object: SealedObject) => Promise<T>, type?: string) {
    const find = async () => {
      const found = await store.findWithObject(place);
      return type === undefined || found?.asset.type === type ? found : undefined;
    };
    const { asset, opened } = foundOrThrow(await openLatest(find, open), place.assetId);
    if (opened === undefined) throw missing();
    return { asset, opened };
  }

  async function positionAt(scope: PersonScope, cursor: string, inOrder: AssetOrder): Promise<AssetPosition> {
    const place = decodeAssetCursor(cursor, inOrder);
    if ('value' in place) return place;
    const ids = place.map(({ id }) => id);
    return positionIn(place, await lists.find(scope, ids, inOrder.sort));
  }

  return {
    async create(actor, projectId, { content, ...metadata }) {
      await authorize(actor, { action: 'write-asset', projectId });
      const scope = scopeOf(actor, projectId);
      const asset = { ...metadata, id: newId(), createdByUserId: actor.userId };
      return contents.save(scope, ASSET_CONTENT, asStream(content.reveal('seal')), (object) =>
        audit.change(actor, eventOf('asset.create', projectId, asset.id), () =>
          store.insert(scope, { ...asset, object }, clock.now()),
        ),
      );
    },

    async list(actor, projectId, { limit, cursor, sort = 'updated', order, withTotal = false, ...filter }) {
      await authorize(actor, { action: 'list-assets', projectId });
      if (filter.createdByUserId !== undefined && !isId(filter.createdByUserId)) {
        throw invalidField('creator', 'must be the id of a person');
      }
      const scope = scopeOf(actor, projectId);
      const size = pageSize(limit);
      const inOrder = { sort, order: order ?? (sort === 'name' ? 'ascending' : 'descending') } as const;
      const after = cursor === undefined ? {} : { after: await positionAt(scope, cursor, inOrder) };
      const found = await lists.list(scope, { ...filter, ...inOrder, ...after, limit: size + 1 });
      const items = found.slice(0, size);
      const isLastPage = found.length <= size;
      // A first page that is the last one has told already.
      const isCounted = withTotal && cursor === undefined;
      const counted = isCounted && !isLastPage ? await lists.count(scope, filter, MOST_COUNTED + 1) : items.length;
      return {
        items: items.map(({ asset }) => asset),
        ...(isLastPage ? {} : { nextCursor: encodeAssetCursor(inOrder, items) }),
        ...(isCounted ? { total: { count: Math.min(counted, MOST_COUNTED), isAll: counted <= MOST_COUNTED } } : {}),
      };
    },

    async get(actor, projectId, assetId, purpose = 'list-assets') {
      await authorize(actor, { action: purpose, projectId });
      const place = placeOf(actor, projectId, assetId);
      return foundOrThrow(await store.find(place), assetId);
    },

    async open(actor, projectId, assetId, type) {
      await authorize(actor, { action: 'open-asset', projectId });
      const place = placeOf(actor, projectId, assetId);
      const inMemory = async (object: SealedObject) => {
        if (object.sealedSizeBytes > MAX_OPENED_BYTES) throw tooLarge();
        const pieces: Uint8Array[] = [];
        for await (const piece of await contents.open(place, object)) pieces.push(piece);
        // Before it is given out: what cannot be recorded is not opened.
        await audit.record(actor, eventOf('asset.open', projectId, assetId));
        return Confidential.of<Uint8Array>(Buffer.concat(pieces));
      };
      const { asset, opened } = await opening(place, inMemory, type);
      return { asset, content: opened };
    },

    async openStream(actor, projectId, assetId, part) {
      await authorize(actor, { action: 'open-asset', projectId });
      const place = placeOf(actor, projectId, assetId);
      return opening(place, async (object) =>
        onceRecorded(await contents.openStream(place, object, part), () =>
          audit.record(actor, eventOf('asset.open', projectId, assetId)),
        ),
      );
    },

    async change(actor, projectId, assetId, { content, ...given }) {
      await authorize(actor, { action: 'write-asset', projectId });
      const changes = given.tags === undefined ? given : { ...given, tags: readTags(given.tags) };
      const place = placeOf(actor, projectId, assetId);
      const fields = [...fieldsOf(given), ...(content === undefined ? [] : ['content'])];
      const update = (object?: SealedObject) =>
        audit.change(
          actor,
          ({ destroyed }) => withDestroyed(eventOf('asset.change', projectId, assetId, fields), destroyed),
          async () => {
            const change = object === undefined ? changes : { ...changes, object };
            const changed = foundOrThrow(await store.update(place, change, clock.now()), assetId);
            // Taken back: it is recorded already, and the bytes that came with it go away again.
            if (changed.isRepeated) throw new SavedBefore(changed);
            return changed;
          },
        );
      const save = async () => {
        if (content === undefined) return update();
        foundOrThrow(await store.find(place), assetId);
        return contents.save(place, ASSET_CONTENT, asStream(content.reveal('seal')), update);
      };
      const { asset, replacedObjectIds, destroyed } = await save().catch(whatWasSavedBefore);
      await contents.delete(place, [...replacedObjectIds, ...destroyed.storedIds]);
      return asset;
    },

    async delete(actor, projectId, assetId) {
      await authorize(actor, { action: 'write-asset', projectId });
      const place = placeOf(actor, projectId, assetId);
      const event = { action: 'asset.delete', target: { type: 'asset', id: assetId }, projectId } as const;
      // The row goes first and its wrapped key with it, then the bytes: what a crash leaves of them cannot be opened, and is swept.
      const { result: storedIds, receipt } = await audit.purge(actor, event, async () => ({
        digests: foundOrThrow(await digests.ofAsset(place), assetId),
        result: foundOrThrow(await store.delete(place), assetId),
      }));
      await contents.delete(place, storedIds);
      return receipt;
    },

    sweepOrphans: () =>
      sweepOrphans({ store, audit, uploads: options.uploads, bucket: options.storage.bucket, inFlight, clock, logger }),
  };
}

function eventOf(
  action: 'asset.create' | 'asset.open' | 'asset.change',
  projectId: string,
  assetId: string,
  fields?: readonly string[],
): AuditEvent {
  const target = { type: 'asset', id: assetId } as const;
  return { action, target, projectId, ...(fields === undefined ? {} : { details: { fields } }) };
}

/** The event with what was destroyed to make room. */
export function withDestroyed(event: AuditEvent, { numbers, digests }: DestroyedParts): AuditEvent {
  if (numbers.length === 0) return event;
  const { sealedSha256 } = sumDigests(digests);
  const destroyed = { destroyedPartNumbers: numbers, ...(sealedSha256 === undefined ? {} : { sealedSha256 }) };
  return { ...event, details: { ...event.details, ...destroyed } };
}

/** Names of what is changed, without what only says under which conditions. */
function fieldsOf(given: Parameters<AssetService['change']>[3]): readonly string[] {
  return (['name', 'description', 'tags', 'settings'] as const).filter((field) => given[field] !== undefined);
}

/** Takes a transaction back that would have saved again what was saved. It never leaves this file. */
class SavedBefore extends Error {
  readonly changed: ChangedAsset;

  constructor(changed: ChangedAsset) {
    super('saved before');
    this.changed = changed;
  }
}

function whatWasSavedBefore(error: unknown): ChangedAsset {
  if (error instanceof SavedBefore) return error.changed;
  throw error;
}

function scopeOf({ accountId, userId }: Actor, projectId: string) {
  return { accountId, userId, projectId };
}

function placeOf(actor: Actor, projectId: string, assetId: string): AssetPlace {
  if (!isId(assetId)) throw notFound('asset', assetId);
  return { ...scopeOf(actor, projectId), assetId };
}

function foundOrThrow<T>(found: T | undefined, assetId: string): T {
  if (found === undefined) throw notFound('asset', assetId);
  return found;
}

function missing(): AppError {
  return new AppError(
    'failed-precondition',
    'The content of this asset is gone: its bytes are missing from the bucket, or its key was destroyed. If a backup holds it, restore it from there, or delete the asset.',
    { details: { reason: 'content-missing' } },
  );
}

function tooLarge(): AppError {
  return new AppError(
    'failed-precondition',
    'The content of this asset is too large to be opened here. Read it as a stream: `cloister asset get`, or GET …/assets/<id>/content.',
    { details: { reason: 'content-too-large' } },
  );
}

async function* asStream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
