import { z } from 'zod';
import { id, problem } from './common.ts';

/** `GET /projects/{projectId}/export?recipient=age1…` answers with the archive: a zip, or the zip encrypted to the age recipient. See docs/export.md. */
export const exportQuery = z.strictObject({
  recipient: z
    .string()
    .regex(/^age1[02-9ac-hj-np-z]{58}$/, 'must be an age recipient (age1…) of the usual kind, X25519')
    .optional()
    .describe('An age recipient (X25519): the archive is encrypted to it'),
});

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
    withoutContent: z
      .int()
      .describe('Assets and objects that were not taken in, as the archive has no content of them'),
    receipt: z.string().optional().describe('Of the archive, if it was deleted'),
  }),
  z.strictObject({ type: z.literal('error'), imported: z.strictObject(soFar), problem }),
]);
export type ImportEvent = z.infer<typeof importEvent>;
