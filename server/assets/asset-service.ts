import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  Confidential,
  invalidField,
  isAppError,
  isId,
  type Logger,
  loggableError,
  newId,
  notFound,
  type Page,
  type PageRequest,
} from '../core/index.ts';
import type { SealedObject, Storage } from '../storage/index.ts';
import { decodeCursor, encodeCursor } from './asset-cursor.ts';
import type { Asset, AssetPlace, AssetStore } from './asset-store.ts';
import { ObjectsInFlight } from './objects-in-flight.ts';
import { type Sweep, sweepOrphans } from './sweep-orphans.ts';

/** What an asset's object is sealed for. Part of its encryption context: never changes. */
const PURPOSE = 'asset-content';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

export type AssetContent = Confidential<Uint8Array>;

/**
 * What people saved in projects. Every method checks first whether the actor may. An id that is not one, is unknown or belongs to another
 * project is `not-found`, with the same words.
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
      readonly content: AssetContent;
    },
  ): Promise<Asset>;
  /**
   * Newest change first. Paging is stable: an asset that nobody changes meanwhile comes exactly once.
   * @param request.query text to look for in names.
   */
  list(
    actor: Actor,
    projectId: string,
    request: PageRequest & { readonly type: string; readonly query?: string },
  ): Promise<Page<Asset>>;
  get(actor: Actor, projectId: string, assetId: string): Promise<Asset>;
  /** @throws AppError `failed-precondition` (reason `content-missing` or `sealed-data-not-readable`) when the sealed object is gone or damaged. */
  open(
    actor: Actor,
    projectId: string,
    assetId: string,
  ): Promise<{ readonly asset: Asset; readonly content: AssetContent }>;
  /** Changes what is given. New content takes the old one's place as a whole; of two saves at once, the last one counts. */
  change(
    actor: Actor,
    projectId: string,
    assetId: string,
    change: { readonly name?: string; readonly description?: string; readonly content?: AssetContent },
  ): Promise<Asset>;
  /** From then on no copy of the content can be opened: its key is gone with the row. */
  delete(actor: Actor, projectId: string, assetId: string): Promise<void>;
  /** Removes sealed objects that belong to no asset. The deployment runs it at start and every hour; nobody is asked for. */
  sweepOrphans(): Promise<Sweep>;
};

export function createAssetService(options: {
  readonly store: AssetStore;
  readonly authorize: Authorize;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
}): AssetService {
  const { store, authorize, clock, logger } = options;
  const { bucket, sealedBucket } = options.storage;
  const inFlight = new ObjectsInFlight();

  /** Seals content, then lets `acknowledge` write the rows. If that fails, the object goes away again. */
  async function saveContent<T>(
    actor: Actor,
    projectId: string,
    content: AssetContent,
    acknowledge: (object: SealedObject) => Promise<T>,
  ): Promise<T> {
    const scope = { accountId: actor.accountId, projectId };
    const objectId = newId();
    return inFlight.during(objectId, async () => {
      const object = await sealedBucket.put({ ...scope, purpose: PURPOSE, objectId }, asStream(content.reveal('seal')));
      try {
        return await acknowledge(object);
      } catch (error) {
        // A connection that broke during the commit leaves it open whether the row is there. Only an object without a row may go.
        const referenced = await store.referenced(scope, [objectId]).catch(() => undefined);
        if (referenced?.has(objectId) === false) await deleteObject(actor, projectId, objectId);
        throw error;
      }
    });
  }

  /** Deletes bytes whose key is gone already. A failure is no failure of the caller's: the sweep takes what is left. */
  async function deleteObject(actor: Actor, projectId: string, objectId: string): Promise<void> {
    try {
      await sealedBucket.delete({ accountId: actor.accountId, projectId }, objectId);
    } catch (error) {
      logger.warn('a sealed object could not be deleted; the next sweep tries again', {
        accountId: actor.accountId,
        projectId,
        error: loggableError(error),
      });
    }
  }

  async function readContent(place: AssetPlace, object: SealedObject | undefined): Promise<AssetContent> {
    const missing = new AppError(
      'failed-precondition',
      'The content of this asset is missing from its bucket. If a backup holds it, restore it from there, or delete the asset.',
      { details: { reason: 'content-missing' } },
    );
    if (object === undefined) throw missing;
    try {
      const pieces: Uint8Array[] = [];
      for await (const piece of await sealedBucket.get(place, object)) pieces.push(piece);
      return Confidential.of<Uint8Array>(Buffer.concat(pieces));
    } catch (error) {
      throw isAppError(error, 'not-found') ? missing : error;
    }
  }

  return {
    async create(actor, projectId, { type, name, description, content }) {
      await authorize(actor, { action: 'write-asset', projectId });
      const asset = { id: newId(), type, name, description, createdByUserId: actor.userId };
      return saveContent(actor, projectId, content, (object) =>
        store.insert({ accountId: actor.accountId, projectId }, { ...asset, object }, clock.now()),
      );
    },

    async list(actor, projectId, { type, query, limit = DEFAULT_PAGE_SIZE, cursor }) {
      await authorize(actor, { action: 'list-assets', projectId });
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_SIZE) {
        throw invalidField('limit', `must be 1 to ${MAX_PAGE_SIZE}`);
      }
      const found = await store.list(
        { accountId: actor.accountId, projectId },
        {
          type,
          limit: limit + 1,
          ...(query === undefined || query === '' ? {} : { nameContains: query }),
          ...(cursor === undefined ? {} : { after: decodeCursor(cursor) }),
        },
      );
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return found.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(last) } : { items };
    },

    async get(actor, projectId, assetId) {
      await authorize(actor, { action: 'list-assets', projectId });
      const place = placeOf(actor, projectId, assetId);
      return foundOrThrow(await store.find(place), assetId);
    },

    async open(actor, projectId, assetId) {
      await authorize(actor, { action: 'open-asset', projectId });
      const place = placeOf(actor, projectId, assetId);
      for (;;) {
        const { asset, object } = foundOrThrow(await store.findWithObject(place), assetId);
        try {
          return { asset, content: await readContent(place, object) };
        } catch (error) {
          // Somebody may have saved new content between the row and the bytes; then the new row has the answer.
          const now = foundOrThrow(await store.findWithObject(place), assetId);
          if (now.object?.objectId === object?.objectId) throw error;
        }
      }
    },

    async change(actor, projectId, assetId, { content, ...names }) {
      await authorize(actor, { action: 'write-asset', projectId });
      const place = placeOf(actor, projectId, assetId);
      if (content === undefined) {
        return foundOrThrow(await store.update(place, names, clock.now()), assetId).asset;
      }
      foundOrThrow(await store.find(place), assetId);
      const { asset, replacedObjectIds } = await saveContent(actor, projectId, content, async (object) =>
        foundOrThrow(await store.update(place, { ...names, object }, clock.now()), assetId),
      );
      for (const objectId of replacedObjectIds) await deleteObject(actor, projectId, objectId);
      return asset;
    },

    async delete(actor, projectId, assetId) {
      await authorize(actor, { action: 'write-asset', projectId });
      const objectIds = foundOrThrow(await store.delete(placeOf(actor, projectId, assetId)), assetId);
      for (const objectId of objectIds) await deleteObject(actor, projectId, objectId);
    },

    sweepOrphans: () => sweepOrphans({ store, bucket, inFlight, clock, logger }),
  };
}

function placeOf(actor: Actor, projectId: string, assetId: string): AssetPlace {
  if (!isId(assetId)) throw notFound('asset', assetId);
  return { accountId: actor.accountId, projectId, assetId };
}

function foundOrThrow<T>(found: T | undefined, assetId: string): T {
  if (found === undefined) throw notFound('asset', assetId);
  return found;
}

async function* asStream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
