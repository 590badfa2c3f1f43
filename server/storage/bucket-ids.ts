import { invalidField, isId } from '../core/index.ts';
import type { BucketScope } from './bucket.ts';

/**
 * Refuses anything but ids as names, so that no name can mean another place.
 * @throws AppError `invalid-argument`
 */
export function requireIds(scope: BucketScope, objectId?: string): void {
  requireAccountId(scope.accountId);
  if (!isId(scope.projectId)) throw invalidField('projectId', 'must be an id');
  if (objectId !== undefined && !isId(objectId)) throw invalidField('objectId', 'must be an id');
}

/** @throws AppError `invalid-argument` */
export function requireAccountId(accountId: string): void {
  if (!isId(accountId)) throw invalidField('accountId', 'must be an id');
}
