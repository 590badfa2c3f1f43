import { sumDigests } from '../audit/index.ts';
import { newId, notFound } from '../core/index.ts';
import type { SealedObject } from '../storage/index.ts';
import { assetLocked, contentChanged, lockTakenOver } from './asset-conflicts.ts';
import { type DestroyedParts, NO_PARTS } from './asset-part-store.ts';
import type {
  Asset,
  AssetChange,
  AssetOfProject,
  AssetPlace,
  AssetStore,
  NewAsset,
  PersonScope,
  ProjectScope,
} from './asset-store.ts';
import { type AccessOf, type AssetRecord, digestOf, MemoryAssetRecords, withSizesOf } from './memory-asset-records.ts';
import { MOST_VERSIONS, SECONDS_BETWEEN_AUTOSAVED_VERSIONS } from './save-conditions.ts';

/** An asset store in memory, for tests. */
export function createMemoryAssetStore(
  options: {
    readonly nameOfUser?: (userId: string) => string;
    readonly accessOf?: AccessOf;
    readonly records?: MemoryAssetRecords;
  } = {},
): AssetStore {
  const records = options.records ?? new MemoryAssetRecords(options.accessOf);
  const nameOfUser = options.nameOfUser ?? (() => '');

  function shown({ asset }: AssetRecord): Asset {
    return { ...asset, createdBy: nameOfUser(asset.createdByUserId) };
  }

  function addObject(place: AssetPlace, sealed: SealedObject, createdAt: Date, expiresAt: Date | undefined): void {
    const { accountId, projectId, assetId, userId: savedBy } = place;
    const expiry = expiresAt === undefined ? {} : { expiresAt };
    records.objects.add({ accountId, projectId, id: sealed.objectId, assetId, sealed, createdAt, savedBy, ...expiry });
  }

  function requireEditable(
    { lock }: AssetRecord,
    { userId }: AssetPlace,
    editorId: string | undefined,
    now: Date,
  ): void {
    if (lock === undefined || !isHeldAt(lock, now)) return;
    if (lock.userId === userId && lock.editorId === editorId) return;
    throw editorId !== undefined && lock.takenFromEditorId === editorId ? lockTakenOver() : assetLocked();
  }

  /** The content that is about to be replaced becomes a version, where it is to be kept. */
  function keepVersion(record: AssetRecord, place: AssetPlace, keep: AssetChange['keepVersion']): DestroyedParts {
    const content = records
      .objectsIn(place)
      .find(({ assetId, partId }) => assetId === place.assetId && partId === undefined);
    const { settings, expiresAt } = record.asset;
    if (content === undefined || (keep !== 'always' && !settings.keepsVersions)) return NO_PARTS;
    const versions = [...records.parts.values()]
      .map(({ part }) => part)
      .filter((part) => part.assetId === place.assetId);
    const last = versions.sort((one, other) => one.number - other.number).at(-1);
    const isClose =
      last?.createdByUserId === place.userId &&
      content.savedBy === place.userId &&
      content.createdAt.getTime() - last.createdAt.getTime() < SECONDS_BETWEEN_AUTOSAVED_VERSIONS * 1000;
    if (keep !== 'always' && settings.autosaves && isClose) return NO_PARTS;
    record.lastPartNumber += 1;
    const part = {
      id: newId(),
      assetId: place.assetId,
      kind: 'version',
      number: record.lastPartNumber,
      name: '',
      description: '',
      sealedSizeBytes: 0,
      createdAt: content.createdAt,
      createdByUserId: content.savedBy,
      createdBy: '',
      ...(expiresAt === undefined ? {} : { expiresAt }),
    } as const;
    content.partId = part.id;
    const { accountId, projectId } = place;
    records.parts.set(part.id, { accountId, projectId, part: withSizesOf(part, content.sealed) });
    return records.removeOldestParts(place, 'version', MOST_VERSIONS);
  }

  return {
    async insert(scope: PersonScope, { object, ...metadata }: NewAsset, now: Date) {
      if (!records.writesAssets(scope)) throw notFound('project', scope.projectId);
      const asset: Asset = {
        tags: [],
        mediaType: '',
        revision: 1,
        settings: { autosaves: false, keepsVersions: false },
        ...metadata,
        createdAt: now,
        updatedAt: now,
        projectId: scope.projectId,
        createdBy: '',
        sealedSizeBytes: 0,
      };
      const added = { accountId: scope.accountId, asset: withSizesOf(asset, object), lastPartNumber: 0 };
      records.assets.set(asset.id, added);
      addObject({ ...scope, assetId: asset.id }, object, now, asset.expiresAt);
      return shown(added);
    },
    async find(place: AssetPlace) {
      const found = records.findAsset(place);
      return found === undefined ? undefined : shown(found);
    },
    async findWithObject(place: AssetPlace) {
      const found = records.findAsset(place);
      if (found === undefined) return undefined;
      const object = records
        .objectsIn(place)
        .find(({ assetId, partId }) => assetId === place.assetId && partId === undefined);
      return { asset: shown(found), object: records.opensObjects(place) ? object?.sealed : undefined };
    },
    async update(place: AssetPlace, { object, settings, ...change }: AssetChange, now: Date) {
      const found = records.findAsset(place);
      if (found === undefined || !records.writesAssets(place)) return undefined;
      const { ifRevision, saveId, editorId, keepVersion: keep, ...names } = change;
      const unchanged = { replacedObjectIds: [], destroyed: NO_PARTS };
      if (saveId !== undefined && found.lastSaveId === saveId)
        return { asset: shown(found), ...unchanged, isRepeated: true };
      if (object !== undefined) requireEditable(found, place, editorId, now);
      if (ifRevision !== undefined && ifRevision !== found.asset.revision) throw contentChanged();
      const destroyed = object === undefined ? NO_PARTS : keepVersion(found, place, keep);
      const updatedAt = found.asset.updatedAt > now ? found.asset.updatedAt : now;
      found.asset = { ...found.asset, ...names, settings: { ...found.asset.settings, ...settings }, updatedAt };
      if (saveId !== undefined) found.lastSaveId = saveId;
      if (object === undefined) return { asset: shown(found), ...unchanged, isRepeated: false };
      found.asset = { ...withSizesOf(found.asset, object), revision: found.asset.revision + 1 };
      const replacedObjectIds = records.removeContentOf(place);
      addObject(place, object, now, found.asset.expiresAt);
      return { asset: shown(found), replacedObjectIds, destroyed, isRepeated: false };
    },
    async delete(place: AssetPlace) {
      const found = records.findAsset(place);
      if (found === undefined || !records.writesAssets(place)) return undefined;
      const { lock } = found;
      if (lock !== undefined && isHeldAt(lock, records.now()) && lock.userId !== place.userId) throw assetLocked();
      return records.removeAsset(place);
    },
    async listExpired(accountId: string, now: Date, limit: number) {
      return [...records.assets.values()]
        .filter((record) => record.accountId === accountId)
        .map(({ asset }) => asset)
        .filter(({ expiresAt }) => expiresAt !== undefined && expiresAt <= now)
        .sort((one, other) => Number(one.expiresAt) - Number(other.expiresAt))
        .slice(0, limit)
        .map(({ id, projectId }) => ({ accountId, projectId, assetId: id }));
    },
    async deleteExpired(place: AssetOfProject, now: Date) {
      const { expiresAt } = records.assets.get(place.assetId)?.asset ?? {};
      if (expiresAt === undefined || expiresAt > now) return undefined;
      const objects = records.objectsIn(place).filter(({ assetId }) => assetId === place.assetId);
      const digests = sumDigests(objects.map(digestOf));
      return { digests, storedIds: records.removeAsset(place) };
    },
    async referenced(scope: ProjectScope, objectIds: readonly string[]) {
      const ids = records.storedIdsIn(scope);
      return new Set(ids.filter((id) => objectIds.includes(id)));
    },
    async hasProject() {
      return true;
    },
  };
}

export function isHeldAt({ expiresAt }: { readonly expiresAt?: Date }, now: Date): boolean {
  return expiresAt === undefined || expiresAt > now;
}
