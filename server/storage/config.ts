import { z } from 'zod';

/** Settings of the storage room. */
export const storageConfig = z.strictObject({
  /** `CLOISTER_BUCKET`: `file:<folder>`. */
  url: z.string().regex(/^file:./, 'must be a file: URL'),
});
export type StorageConfig = z.input<typeof storageConfig>;
