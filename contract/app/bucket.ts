import { z } from 'zod';

/** `GET /projects/{projectId}/bucket`: which bucket in what kind of storage it is, and how much is in it. */
export const bucketSummary = z.strictObject({
  kind: z.string().describe('filesystem, s3 or memory'),
  name: z
    .string()
    .optional()
    .describe('Of the bucket in its storage; of a folder `<account>/<project>`, below a path that only operators know'),
  host: z.string().optional().describe('Of the S3 storage, with the port where it is not the usual one'),
  credentials: z
    .enum(['of-bucket', 'of-instance'])
    .optional()
    .describe('Whose credentials open it in its storage; absent where the storage has none'),
  objects: z.int(),
  sealedBytes: z.int(),
  assets: z.int().describe('As many as whoever asks sees: none for somebody with a grant and no role in the project'),
  byType: z.array(
    z.strictObject({
      type: z
        .string()
        .describe(
          'Of the asset that the objects belong to; `object`: to none; `asset`: to one that whoever asks does not see',
        ),
      objects: z.int(),
      sealedBytes: z.int(),
    }),
  ),
});
export type BucketSummary = z.infer<typeof bucketSummary>;
