import type { DatabaseTransaction } from '../database/index.ts';
import type { SealedObject } from '../storage/index.ts';
import type { ProjectScope } from './asset-store.ts';

/** Rows of the table `objects`, which two stores share. */
export type ObjectRow = {
  purpose: string;
  stored_as: string;
  project_key_id: string;
  wrapped_key: Buffer;
  sealed_size_bytes: number;
  sealed_sha256: Buffer;
};

export function asSealedObject(row: ObjectRow): SealedObject {
  return {
    objectId: row.stored_as,
    purpose: row.purpose,
    projectKeyId: row.project_key_id,
    wrappedKey: row.wrapped_key,
    sealedSizeBytes: row.sealed_size_bytes,
    sealedSha256: row.sealed_sha256,
  };
}

/** What of a row changes when the object gets new content. */
export function contentColumns(object: SealedObject, now: Date) {
  return {
    purpose: object.purpose,
    stored_as: object.objectId,
    project_key_id: object.projectKeyId,
    wrapped_key: Buffer.from(object.wrappedKey),
    sealed_size_bytes: object.sealedSizeBytes,
    sealed_sha256: Buffer.from(object.sealedSha256),
    created_at: now,
  };
}

export function objectsOf(transaction: DatabaseTransaction, scope: ProjectScope) {
  return transaction
    .selectFrom('objects')
    .where('account_id', '=', scope.accountId)
    .where('project_id', '=', scope.projectId);
}

/**
 * Whether PostgreSQL refused a new row because what it belongs to is gone (23503), or because a policy does not let this person write it
 * (42501). A project that was just deleted shows as either, depending on which is asked first.
 */
export function isRefusedRow(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if ('code' in current && (current.code === '23503' || current.code === '42501')) return true;
  }
  return false;
}
