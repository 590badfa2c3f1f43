import type { BucketAccess } from '../core/index.ts';
import type { Member } from './collaborator-store.ts';
import type { Viewer } from './project-store.ts';

/** Somebody who was granted a project's bucket, with or without a role in the project. */
export type BucketGrant = Member & { readonly access: BucketAccess; readonly createdAt: Date };

/** A bucket as somebody sees it who was granted it. */
export type GrantedBucket = {
  readonly projectId: string;
  readonly projectName: string;
  readonly access: BucketAccess;
};

/** Port: access to projects' buckets, apart from roles. What a viewer finds and changes is as in `CollaboratorStore`. */
export type BucketGrantStore = {
  /** By name, then by id. */
  list(viewer: Viewer, projectId: string): Promise<readonly BucketGrant[]>;
  /** The buckets that the viewer was granted, by the project's name, then by its id. */
  listGranted(viewer: Viewer): Promise<readonly GrantedBucket[]>;
  /**
   * Grants the bucket, in place of the access that somebody has.
   * @returns what they have now, and the access from before; undefined when there is nobody of that id in the account
   * @throws AppError `not-found` when the project is gone or the viewer is no Admin of it (any more)
   */
  put(
    viewer: Viewer,
    projectId: string,
    userId: string,
    access: BucketAccess,
    now: Date,
  ): Promise<{ readonly grant: BucketGrant; readonly previousAccess?: BucketAccess } | undefined>;
  /** @returns the access that somebody had; undefined when they had none that the viewer may take */
  remove(viewer: Viewer, projectId: string, userId: string): Promise<BucketAccess | undefined>;
};
