import { type Audit, type AuditEvent, sumDigests } from '../audit/index.ts';
import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  Confidential,
  invalidField,
  isAppError,
  isId,
  newId,
  notFound,
  type Page,
  type PageRequest,
} from '../core/index.ts';
import type { SealedObject } from '../storage/index.ts';
import type { AssetPart, AssetPartKind, AssetPartStore, OpenablePart } from './asset-part-store.ts';
import { withDestroyed } from './asset-service.ts';
import type { AssetPlace, AssetStore } from './asset-store.ts';
import { decodeNumberCursor, encodeNumberCursor, pageSize } from './page-cursor.ts';
import { openLatest, type SealedContents } from './sealed-contents.ts';

/** What parts that are added are sealed for: part of their encryption context, never changes. A version stays what it was as a content. */
export const PART_PURPOSES = { version: 'asset-version', entry: 'session-entry' } as const;

/** They are in memory together. */
const MOST_OPENED_BYTES = 64 * 1024 * 1024;

/** Most parts that are opened in one call. */
export const MOST_OPENED_PARTS = 50;

/** Which part. `type` is what its asset must be: an asset of another type is `not-found`, and neither opened nor changed. */
export type AssetPartChoice = { readonly type: string; readonly kind: AssetPartKind; readonly number: number };

/**
 * Contents of their own under an asset: versions, and entries of sessions. Every method checks first whether the actor may, as
 * `AssetService` does; every change and opening is recorded, with the numbers of the parts. A part that has expired is not there.
 */
export type AssetPartService = {
  /**
   * Seals content as the newest part. When it resolves, the part survives a crash. With an id that is there already it adds nothing and gives
   * back that part: a call whose answer was lost can be repeated. The locks of assets are not asked.
   * @param part.mostKept of more of its kind, the oldest are destroyed in the same transaction
   * @param part.expiresAt absent: it stays until it is deleted, or its asset is
   */
  add(
    actor: Actor,
    projectId: string,
    assetId: string,
    part: {
      readonly type: string;
      readonly kind: AssetPartKind;
      readonly id?: string;
      readonly name?: string;
      readonly description?: string;
      readonly content: Confidential<Uint8Array>;
      readonly mostKept: number;
      readonly expiresAt?: Date;
    },
  ): Promise<AssetPart>;
  /** The newest first, without their contents; every collaborator sees that. */
  list(
    actor: Actor,
    projectId: string,
    assetId: string,
    request: PageRequest & { readonly type: string; readonly kind: AssetPartKind },
  ): Promise<Page<AssetPart>>;
  /** How many parts of a kind each of these assets has; 0 for those that are not there. */
  count(
    actor: Actor,
    projectId: string,
    assetIds: readonly string[],
    kind: AssetPartKind,
  ): Promise<ReadonlyMap<string, number>>;
  /**
   * Opens up to {@link MOST_OPENED_PARTS}, the newest first, under one event of the audit log. Numbers that are not there are left out.
   * A part without `content` is damaged, or its bytes or its key are gone: one does not keep the others from being read.
   * @throws AppError `invalid-argument` for more numbers than are opened at once; `failed-precondition` for more bytes (reason
   *   `content-too-large`), or when the project's key is disabled or destroyed
   */
  open(
    actor: Actor,
    projectId: string,
    assetId: string,
    choice: { readonly type: string; readonly kind: AssetPartKind; readonly numbers: readonly number[] },
  ): Promise<readonly { readonly part: AssetPart; readonly content?: Confidential<Uint8Array> }[]>;
  /** From then on no copy of the content can be opened. @returns the deletion receipt */
  delete(actor: Actor, projectId: string, assetId: string, choice: AssetPartChoice): Promise<string>;
};

export function createAssetPartService(options: {
  readonly store: Pick<AssetStore, 'find'>;
  readonly parts: AssetPartStore;
  readonly contents: SealedContents;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
}): AssetPartService {
  const { store, parts, contents, authorize, audit, clock } = options;

  async function requireAsset(actor: Actor, projectId: string, assetId: string, type: string): Promise<AssetPlace> {
    const { accountId, userId } = actor;
    const place = { accountId, userId, projectId, assetId };
    const asset = isId(assetId) ? await store.find(place) : undefined;
    if (asset?.type !== type) throw notFound('asset', assetId);
    return place;
  }

  /** Undefined for what is damaged or gone. Of what somebody replaces meanwhile, the newer content. */
  async function openPart(place: AssetPlace, found: OpenablePart): Promise<Confidential<Uint8Array> | undefined> {
    const { kind, number } = found.part;
    let first: OpenablePart | undefined = found;
    const find = async () => {
      const now = first ?? (await parts.findWithObjects(place, kind, [number]))[0];
      first = undefined;
      return now;
    };
    const opening = openLatest(find, (object) => contentOf(place, object));
    return (await opening.catch(unlessDamaged))?.opened;
  }

  async function contentOf(place: AssetPlace, object: SealedObject): Promise<Confidential<Uint8Array>> {
    const pieces: Uint8Array[] = [];
    for await (const piece of await contents.open(place, object)) pieces.push(piece);
    return Confidential.of<Uint8Array>(Buffer.concat(pieces));
  }

  return {
    async add(actor, projectId, assetId, { type, kind, content, mostKept, id = newId(), ...metadata }) {
      await authorize(actor, { action: 'write-asset', projectId });
      if (!isId(id)) throw invalidField('id', 'must be a UUID');
      const place = await requireAsset(actor, projectId, assetId, type);
      const acknowledge = (object: SealedObject) =>
        audit.change(
          actor,
          ({ part, destroyed }) =>
            withDestroyed(eventOf('asset-part.add', projectId, assetId, [part.number]), destroyed),
          async () => {
            const now = clock.now();
            const added = { ...metadata, id, kind, object, createdAt: now, createdByUserId: actor.userId };
            const result = await parts.add(place, added, { mostKept, now });
            if (result === undefined) throw notFound('asset', assetId);
            // Taken back: it is recorded already, and the bytes that came with it go away again.
            if (!result.isNew) throw new AddedBefore(result.part);
            return result;
          },
        );
      const stream = asStream(content.reveal('seal'));
      const adding = contents.save(place, PART_PURPOSES[kind], stream, acknowledge);
      const added = await adding.catch((error: unknown) => {
        if (error instanceof AddedBefore) return { part: error.part, destroyed: undefined };
        throw error;
      });
      if (added.destroyed !== undefined) await contents.delete(place, added.destroyed.storedIds);
      return added.part;
    },

    async list(actor, projectId, assetId, { type, kind, limit, cursor }) {
      await authorize(actor, { action: 'list-assets', projectId });
      const place = await requireAsset(actor, projectId, assetId, type);
      const size = pageSize(limit);
      const before = cursor === undefined ? {} : { before: decodeNumberCursor(cursor) };
      const found = await parts.list(place, { kind, limit: size + 1, ...before });
      const items = found.slice(0, size);
      const last = items.at(-1);
      const isLastPage = found.length <= size || last === undefined;
      return isLastPage ? { items } : { items, nextCursor: encodeNumberCursor(last.number) };
    },

    async count(actor, projectId, assetIds, kind) {
      await authorize(actor, { action: 'list-assets', projectId });
      const { accountId, userId } = actor;
      const counts = await parts.count({ accountId, userId, projectId }, assetIds.filter(isId), kind);
      return new Map(assetIds.map((id) => [id, counts.get(id) ?? 0]));
    },

    async open(actor, projectId, assetId, { type, kind, numbers }) {
      await authorize(actor, { action: 'open-asset', projectId });
      const place = await requireAsset(actor, projectId, assetId, type);
      if (numbers.length > MOST_OPENED_PARTS) throw invalidField('numbers', `at most ${MOST_OPENED_PARTS} at once`);
      const found = await parts.findWithObjects(place, kind, numbers);
      const sizeBytes = found.reduce((sum, { object }) => sum + (object?.sealedSizeBytes ?? 0), 0);
      if (sizeBytes > MOST_OPENED_BYTES) throw tooLarge();
      const opened = await Promise.all(
        found.map(async (one) => ({ part: one.part, content: await openPart(place, one) })),
      );
      const openedNumbers = opened.flatMap(({ part, content }) => (content === undefined ? [] : [part.number]));
      // Before anything is given out: what cannot be recorded is not opened.
      if (openedNumbers.length > 0)
        await audit.record(actor, eventOf('asset-part.open', projectId, assetId, openedNumbers));
      return opened.map(({ part, content }) => (content === undefined ? { part } : { part, content }));
    },

    async delete(actor, projectId, assetId, { type, kind, number }) {
      await authorize(actor, { action: 'write-asset', projectId });
      const place = await requireAsset(actor, projectId, assetId, type);
      const [part] = await parts.list(place, { kind, limit: 1, before: number + 1 });
      if (part?.number !== number) throw notFound(kind, String(number));
      const event = {
        action: 'asset-part.delete',
        target: { type: 'asset-part', id: part.id },
        projectId,
        details: { partNumbers: [number] },
      } as const;
      const { result: storedIds, receipt } = await audit.purge(actor, event, async () => {
        const destroyed = await parts.delete(place, kind, number);
        if (destroyed === undefined) throw notFound(kind, String(number));
        return { digests: sumDigests(destroyed.digests), result: destroyed.storedIds };
      });
      await contents.delete(place, storedIds);
      return receipt;
    },
  };
}

/** Takes a transaction back that would have added again what was added. It never leaves this file. */
class AddedBefore extends Error {
  readonly part: AssetPart;

  constructor(part: AssetPart) {
    super('added before');
    this.part = part;
  }
}

function unlessDamaged(error: unknown): undefined {
  if (isAppError(error) && error.details.reason === 'sealed-data-not-readable') return undefined;
  throw error;
}

function eventOf(
  action: 'asset-part.add' | 'asset-part.open',
  projectId: string,
  assetId: string,
  partNumbers: readonly number[],
): AuditEvent {
  return { action, target: { type: 'asset', id: assetId }, projectId, details: { partNumbers } };
}

function tooLarge(): AppError {
  return new AppError(
    'failed-precondition',
    `These have more than ${MOST_OPENED_BYTES / (1024 * 1024)} MiB together. Ask for fewer at a time.`,
    { details: { reason: 'content-too-large' } },
  );
}

async function* asStream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
