import { notFound } from '../core/index.ts';
import type { ByteRange, Segment } from '../storage/index.ts';
import type { PersonScope, ProjectScope } from './asset-store.ts';
import type { MemoryAssetRecords, UploadRecord } from './memory-asset-records.ts';
import type { NewUpload, Upload, UploadPlace, UploadStore } from './upload-store.ts';

/** A store of uploads in memory, for tests, over the rows that the other stores share. */
export function createMemoryUploadStore(records: MemoryAssetRecords): UploadStore {
  function expiredIn(scope: ProjectScope, now: Date): readonly UploadRecord[] {
    return records.uploadsIn(scope).filter(({ upload }) => upload.expiresAt < now);
  }

  function own(scope: PersonScope): readonly UploadRecord[] {
    if (!records.writesAssets(scope)) return [];
    return records.uploadsIn(scope).filter((record) => record.userId === scope.userId);
  }

  const find = (place: UploadPlace) => own(place).find(({ upload }) => upload.id === place.uploadId);

  function remove(record: UploadRecord): readonly Segment[] {
    records.uploads.delete(record);
    return record.segments;
  }

  return {
    async insert(scope: PersonScope, { type, header, ...upload }: NewUpload, most: number) {
      if (!records.writesAssets(scope)) throw notFound('project', scope.projectId);
      if (own(scope).length >= most) return false;
      const { accountId, projectId, userId } = scope;
      const kept = { ...upload, offsetBytes: 0 };
      records.uploads.add({ accountId, projectId, userId, type, header, upload: kept, segments: [] });
      return true;
    },
    async list(scope: PersonScope, limit: number) {
      return own(scope)
        .map(({ upload }) => upload)
        .sort(inOrder)
        .slice(0, limit);
    },
    async find(place: UploadPlace) {
      const found = find(place);
      if (found === undefined) return undefined;
      const { upload, type, header, segments } = found;
      return { ...upload, type, header, nextNumber: segments.length };
    },
    async segments(place: UploadPlace, { start, endExclusive }: ByteRange) {
      const all = find(place)?.segments ?? [];
      return all.filter(({ offsetBytes, sizeBytes }) => offsetBytes < endExclusive && offsetBytes + sizeBytes > start);
    },
    async advance(place: UploadPlace, segment: Segment, expiresAt: Date) {
      const found = find(place);
      if (found === undefined || found.upload.offsetBytes !== segment.offsetBytes) return false;
      found.segments.push(segment);
      found.upload = { ...found.upload, offsetBytes: segment.offsetBytes + segment.sizeBytes, expiresAt };
      return true;
    },
    async take(place: UploadPlace, offsetBytes: number) {
      const found = find(place);
      if (found === undefined || found.upload.offsetBytes !== offsetBytes) return undefined;
      records.uploads.delete(found);
      return found.segments;
    },
    async delete(place: UploadPlace) {
      const found = find(place);
      return found && remove(found);
    },
    async listExpired(scope: ProjectScope, now: Date) {
      return expiredIn(scope, now).map(({ upload }) => upload.id);
    },
    async deleteExpired(scope: ProjectScope, uploadId: string, now: Date) {
      const found = expiredIn(scope, now).find(({ upload }) => upload.id === uploadId);
      return found && remove(found);
    },
  };
}

/** Newest first, then by id. */
function inOrder(left: Upload, right: Upload): number {
  return right.createdAt.getTime() - left.createdAt.getTime() || (left.id < right.id ? -1 : 1);
}
