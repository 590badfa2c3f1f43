import type { Audit } from '../audit/index.ts';
import { type Actor, type Authorize, type BucketAccess, type Clock, isId, notFound } from '../core/index.ts';
import type { BucketGrant, BucketGrantStore, GrantedBucket } from './bucket-grant-store.ts';

/** Who was granted a project's bucket. It needs no role in the project, and gives none. Every change is recorded. */
export type BucketGrantService = {
  /** By name, for Admins. */
  list(actor: Actor, projectId: string): Promise<readonly BucketGrant[]>;
  /** The buckets that the actor was granted, by the project's name; with a key for one project only that one. */
  listGranted(actor: Actor): Promise<readonly GrantedBucket[]>;
  /**
   * Grants the bucket, in place of the access that somebody has.
   * @throws AppError `not-found` for somebody who is not in the account
   */
  put(actor: Actor, projectId: string, userId: string, access: BucketAccess): Promise<BucketGrant>;
  /**
   * Takes a grant away: an Admin anybody's, everybody their own.
   * @throws AppError `not-found` for somebody who has none
   */
  remove(actor: Actor, projectId: string, userId: string): Promise<void>;
};

export function createBucketGrantService(options: {
  readonly store: BucketGrantStore;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
}): BucketGrantService {
  const { store, authorize, audit, clock } = options;
  return {
    async list(actor, projectId) {
      await authorize(actor, { action: 'manage-collaborators', projectId });
      return store.list(actor, projectId);
    },

    async listGranted(actor) {
      await authorize(actor, { action: 'list-projects' });
      const granted = await store.listGranted(actor);
      const only = actor.scope?.projectId;
      return only === undefined ? granted : granted.filter(({ projectId }) => projectId === only);
    },

    async put(actor, projectId, userId, access) {
      await authorize(actor, { action: 'manage-collaborators', projectId });
      if (!isId(userId)) throw notFound('person', userId);
      const { grant } = await audit.change(
        actor,
        ({ previousAccess }) => ({
          action: previousAccess === undefined ? 'bucket-grant.add' : 'bucket-grant.change',
          target: { type: 'project', id: projectId },
          projectId,
          details: {
            userId,
            bucketAccess: access,
            ...(previousAccess === undefined ? {} : { previousBucketAccess: previousAccess }),
          },
        }),
        async () => {
          const done = await store.put(actor, projectId, userId, access, clock.now());
          if (done === undefined) throw notFound('person', userId);
          return done;
        },
      );
      return grant;
    },

    async remove(actor, projectId, userId) {
      const action = userId === actor.userId ? 'list-objects' : 'manage-collaborators';
      await authorize(actor, { action, projectId });
      if (!isId(userId)) throw notFound('person', userId);
      await audit.change(
        actor,
        (previousBucketAccess) => ({
          action: 'bucket-grant.remove',
          target: { type: 'project', id: projectId },
          projectId,
          details: { userId, previousBucketAccess },
        }),
        async () => {
          const access = await store.remove(actor, projectId, userId);
          if (access === undefined) throw notFound('person', userId);
          return access;
        },
      );
    },
  };
}
