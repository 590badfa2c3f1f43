import { z } from 'zod';
import { displayName, id, instant } from './common.ts';
import { email } from './identity.ts';
import { projectRole } from './projects.ts';

export const bucketAccess = z.enum(['reader', 'writer']);
export type BucketAccess = z.infer<typeof bucketAccess>;

const who = {
  userId: id,
  kind: z.enum(['person', 'service']),
  name: displayName,
  email: email.nullable().describe('Null for a service ID'),
};

/** `GET /projects/{projectId}/collaborators`; `PUT`, `DELETE …/{userId}`: the last Admin stays. */
export const collaborator = z.strictObject({ ...who, role: projectRole, createdAt: instant });
export type Collaborator = z.infer<typeof collaborator>;
export const collaboratorList = z.strictObject({ items: z.array(collaborator) });
export const putCollaboratorRequest = z.strictObject({ role: projectRole });

/** `GET /projects/{projectId}/bucket/grants`; `PUT`, `DELETE …/{userId}`: access to the project's storage bucket, apart from roles in the project. */
export const bucketGrant = z.strictObject({ ...who, access: bucketAccess, createdAt: instant });
export type BucketGrant = z.infer<typeof bucketGrant>;
export const bucketGrantList = z.strictObject({ items: z.array(bucketGrant) });
export const putBucketGrantRequest = z.strictObject({ access: bucketAccess });

/**
 * `POST /projects/{projectId}/candidates/search`: people and service IDs of the account that could be added, by name or e-mail address; at
 * most 20. In a body, because names of people are not for addresses.
 */
export const candidateSearchRequest = z.strictObject({ q: z.string().max(200).default('') });
export const candidateList = z.strictObject({ items: z.array(z.strictObject(who)) });
export type Candidate = z.infer<typeof candidateList>['items'][number];

/** `GET /buckets`: buckets of projects that the actor was granted, whether or not they have a role in the project. */
export const grantedBucket = z.strictObject({ projectId: id, projectName: displayName, access: bucketAccess });
export type GrantedBucket = z.infer<typeof grantedBucket>;
export const grantedBucketList = z.strictObject({ items: z.array(grantedBucket) });

/**
 * `GET /projects/{projectId}/bucket/objects?limit=&cursor=`: what is in the bucket, newest first: no names. `GET …/{objectId}` opens one
 * (`application/octet-stream`), `PUT …/{objectId}` (a UUID that the client chooses, or one that is there) seals one, `DELETE …/{objectId}`.
 */
export const bucketObject = z.strictObject({
  objectId: id,
  sealedSizeBytes: z.int(),
  createdAt: instant,
  /** Whether it is the content of an asset. */
  belongsToAsset: z.boolean(),
});
export type BucketObject = z.infer<typeof bucketObject>;
export const bucketObjectList = z.strictObject({ items: z.array(bucketObject), nextCursor: z.string().optional() });
