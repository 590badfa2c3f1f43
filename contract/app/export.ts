import { z } from 'zod';
import { description, displayName, id, instant, problem } from './common.ts';

/** `GET /projects/{projectId}/export?recipient=age1…` answers with the archive: a zip, or the zip encrypted to the age recipient. */
export const exportQuery = z.strictObject({
  recipient: z
    .string()
    .regex(/^age1[02-9ac-hj-np-z]{58}$/, 'must be an age recipient (age1…) of the usual kind, X25519')
    .optional()
    .describe('An age recipient (X25519): the archive is encrypted to it'),
});

export const ARCHIVE_FORMAT = 'cloister-project';
export const ARCHIVE_VERSION = 1;

const archivedContent = {
  /** Where the content is in the zip. */
  path: z.string().max(200),
  sizeBytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
};

/** An asset in the archive; without `path`, `sizeBytes` and `sha256` where its content was missing from the bucket already. */
export const archivedAsset = z.object({
  id,
  type: z.string().min(1).max(50),
  name: displayName,
  description,
  tags: z.array(z.string().min(1).max(40)).max(20),
  mediaType: z.string().max(200),
  createdAt: instant,
  createdBy: z.string().describe('Name of the person; empty when they are no member any more'),
  updatedAt: instant,
  path: archivedContent.path.optional(),
  sizeBytes: archivedContent.sizeBytes.optional(),
  sha256: archivedContent.sha256.optional(),
});

/** An object of the bucket that belongs to no asset. */
export const archivedObject = z.object({ id, createdAt: instant, ...archivedContent });

/** `manifest.json`, the last entry of the archive. Members that a later version adds are passed over. */
export const archiveManifest = z.object({
  format: z.literal(ARCHIVE_FORMAT),
  version: z.literal(ARCHIVE_VERSION),
  madeAt: instant,
  project: z.object({ name: displayName, description }),
  assets: z.array(archivedAsset),
  objects: z.array(archivedObject),
});
export type ArchiveManifest = z.infer<typeof archiveManifest>;

/** `POST /projects/{projectId}/import`: takes an archive in that was uploaded to the project as a data asset. Answers with events. */
export const importRequest = z.strictObject({
  assetId: id.describe('The archive'),
  deleteArchive: z.boolean().default(false).describe('Delete the archive when everything of it is taken in'),
});

const soFar = {
  assets: z.int().describe('Taken in so far, objects of the bucket among them'),
  sizeBytes: z.int(),
};

/** Server-sent events. The last one is `done` or `error`; what was taken in before an error stays, and `imported` says how many. */
export const importEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('started'), total: z.strictObject(soFar) }),
  z.strictObject({ type: z.literal('progress'), imported: z.strictObject(soFar) }),
  z.strictObject({
    type: z.literal('done'),
    imported: z.strictObject(soFar),
    withoutContent: z.int().describe('Assets that were not taken in, as the archive has no content of them'),
    receipt: z.string().optional().describe('Of the archive, if it was deleted'),
  }),
  z.strictObject({ type: z.literal('error'), imported: z.strictObject(soFar), problem }),
]);
export type ImportEvent = z.infer<typeof importEvent>;
