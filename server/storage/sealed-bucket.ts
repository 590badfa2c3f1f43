import { newId } from '../core/index.ts';
import type { EncryptionContext, KeyService, ObjectScope } from '../keys/index.ts';
import type { Bucket, BucketScope } from './bucket.ts';
import { openStream, SealedBytesMeter, sealStream } from './sealed-message.ts';

/** Everything that must be kept to find and open a sealed object. Without it no copy of the bytes opens. */
export type SealedObject = {
  readonly objectId: string;
  readonly purpose: string;
  readonly projectKeyId: string;
  readonly wrappedKey: Uint8Array;
  /** Size of the sealed bytes in the bucket. */
  readonly sealedSizeBytes: number;
  /** SHA-256 of the sealed bytes. */
  readonly sealedSha256: Uint8Array;
};

/** Where a new object goes. `objectId` is a new id, for a caller that must know it before the object is there. */
export type SealingScope = BucketScope & { readonly purpose: string; readonly objectId?: string };

/** A bucket for plaintext: everything is encrypted under a key of its own before its first byte leaves memory. */
export type SealedBucket = {
  /**
   * Seals a stream, in constant memory. Resolves when the sealed object is durable; the caller then keeps what it returns.
   * When `content` throws or the storage fails, nothing stays.
   */
  put(scope: SealingScope, content: AsyncIterable<Uint8Array>): Promise<SealedObject>;
  /**
   * Opens an object as a stream. Each piece was authenticated before it comes; that the object is whole is known at its end.
   * @throws AppError `not-found` when the bytes are not there; `failed-precondition`, here or in the middle of the stream, when they do
   *   not open, with one message for every cause.
   */
  get(scope: BucketScope, object: SealedObject): Promise<AsyncIterable<Uint8Array>>;
  /** Deletes the bytes. No error if they are not there. To make copies unreadable, delete the wrapped key first. */
  delete(scope: BucketScope, objectId: string): Promise<void>;
};

export function createSealedBucket(options: { readonly bucket: Bucket; readonly keys: KeyService }): SealedBucket {
  const { bucket, keys } = options;
  return {
    async put(scope: SealingScope, content: AsyncIterable<Uint8Array>) {
      const objectScope = { ...scope, objectId: scope.objectId ?? newId() };
      const { key, projectKeyId, wrapped } = await keys.newObjectKey(objectScope);
      using objectKey = key;
      const meter = new SealedBytesMeter();
      const sealed = sealStream(content, objectKey, contextOf(objectScope));
      await bucket.put(scope, objectScope.objectId, meter.measure(sealed));
      const { objectId, purpose } = objectScope;
      return { objectId, purpose, projectKeyId, wrappedKey: wrapped, ...meter.result() };
    },
    async get(scope: BucketScope, object: SealedObject) {
      const objectScope = { ...scope, objectId: object.objectId, purpose: object.purpose };
      const sealed = await bucket.get(scope, object.objectId);
      using objectKey = await keys.openObjectKey(objectScope, {
        projectKeyId: object.projectKeyId,
        wrapped: object.wrappedKey,
      });
      return openStream(sealed, object, objectKey, contextOf(objectScope));
    },
    async delete(scope: BucketScope, objectId: string) {
      await bucket.delete(scope, objectId);
    },
  };
}

/** Version 1 of what a sealed message says of itself. */
function contextOf(scope: ObjectScope): EncryptionContext {
  return {
    'cloister:account': scope.accountId,
    'cloister:project': scope.projectId,
    'cloister:object': scope.objectId,
    'cloister:purpose': scope.purpose,
    'cloister:version': '1',
  };
}
