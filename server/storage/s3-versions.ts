import type { S3 } from '@aws-sdk/client-s3';
import { AppError } from '../core/index.ts';
import { isNotOffered, s3Status } from './s3-error.ts';

/** Most that one request deletes. */
const BATCH = 1000;

type Version = { readonly Key: string; readonly VersionId?: string };

/**
 * Deletes every version of an object, and the markers of its deletion.
 * @returns false where the storage keeps some: it has no such request, does not allow it, or a lock holds them
 */
export async function deleteVersions(s3: S3, bucketName: string, objectId: string): Promise<boolean> {
  try {
    for await (const batch of versionBatches(s3, bucketName, objectId)) {
      const own = batch.filter(({ Key }) => Key === objectId);
      if (own.length > 0 && !(await deleteBatch(s3, bucketName, own))) return false;
    }
    return true;
  } catch (error) {
    if (isNotOffered(error) || s3Status(error) === 403) return false;
    throw error;
  }
}

/** Deletes everything that is in a bucket: objects, old versions, markers and unfinished uploads. */
export async function emptyBucket(s3: S3, bucketName: string): Promise<void> {
  for await (const { Key, UploadId } of unfinishedUploads(s3, bucketName)) {
    await s3.abortMultipartUpload({ Bucket: bucketName, Key, UploadId });
  }
  try {
    for await (const batch of versionBatches(s3, bucketName)) {
      if (batch.length > 0 && !(await deleteBatch(s3, bucketName, batch))) throw locked(bucketName);
    }
  } catch (error) {
    if (!isNotOffered(error)) throw error;
    for await (const batch of objectBatches(s3, bucketName)) await deleteBatch(s3, bucketName, batch);
  }
}

/** Uploads that were begun and neither finished nor aborted. */
export async function* unfinishedUploads(
  s3: S3,
  bucketName: string,
): AsyncIterable<{ readonly Key: string; readonly UploadId: string; readonly Initiated?: Date }> {
  let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.listMultipartUploads({ Bucket: bucketName, ...next });
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      yield { Key, UploadId, ...(Initiated === undefined ? {} : { Initiated }) };
    }
    if (page.IsTruncated !== true) return;
    next = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}

async function* versionBatches(s3: S3, bucketName: string, prefix?: string): AsyncIterable<Version[]> {
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.listObjectVersions({ Bucket: bucketName, Prefix: prefix, MaxKeys: BATCH, ...next });
    yield [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].flatMap(versionOf);
    if (page.IsTruncated !== true) return;
    next = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

async function* objectBatches(s3: S3, bucketName: string): AsyncIterable<Version[]> {
  for (;;) {
    const page = await s3.listObjectsV2({ Bucket: bucketName, MaxKeys: BATCH });
    const batch = (page.Contents ?? []).flatMap(versionOf);
    if (batch.length === 0) return;
    yield batch;
  }
}

function versionOf({ Key, VersionId }: { Key?: string | undefined; VersionId?: string | undefined }): Version[] {
  return Key === undefined ? [] : [{ Key, ...(VersionId === undefined ? {} : { VersionId }) }];
}

async function deleteBatch(s3: S3, bucketName: string, versions: readonly Version[]): Promise<boolean> {
  const { Errors = [] } = await s3.deleteObjects({
    Bucket: bucketName,
    Delete: { Objects: [...versions], Quiet: true },
  });
  return Errors.every(({ Code }) => Code === 'NoSuchKey' || Code === 'NoSuchVersion');
}

function locked(bucketName: string): AppError {
  return new AppError(
    'failed-precondition',
    `The storage does not let go of what is in the bucket ${bucketName}: a lock or a rule holds it. Nothing of it can be opened any more. The operator must end the lock there; the bucket is then removed by itself.`,
    { details: { reason: 'storage-locked' } },
  );
}
