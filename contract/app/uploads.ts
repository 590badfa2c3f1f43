import { z } from 'zod';
import { description, displayName, id, instant } from './common.ts';
import { assetTags } from './data-assets.ts';

/** The version of the protocol of resumable uploads (tus.io) that the server speaks. Every request but the list says it in `Tus-Resumable`. */
export const TUS_VERSION = '1.0.0';
/** What parts of an upload are sent as. */
export const UPLOAD_PART = 'application/offset+octet-stream';

/**
 * What `Upload-Metadata` says of an upload, each value in base64: `name` (or `filename`), `filetype`, `description`, and `tags`, a JSON array
 * of texts.
 */
export const uploadMetadata = z.object({
  name: displayName,
  filetype: z.string().max(200).default(''),
  description: description.default(''),
  tags: assetTags.default([]),
});
export type UploadMetadata = z.input<typeof uploadMetadata>;

/** An upload that is not finished. The data asset that it becomes has the same id. */
export const upload = z.strictObject({
  id,
  name: displayName,
  description,
  tags: assetTags,
  mediaType: z.string(),
  lengthBytes: z.int().describe('How many bytes it will have'),
  offsetBytes: z.int().describe('How many of them are sealed and durable'),
  createdAt: instant,
  expiresAt: instant.describe('What has not gone on by then is deleted'),
});
export type Upload = z.infer<typeof upload>;

/**
 * `GET /projects/{projectId}/uploads/{uploadId}/blocks/{number}`: what has come in blocks of one size, counted from 0; the last may have less.
 * Whoever goes on compares all of them with their file. The digest is made when it is asked for and kept nowhere.
 */
export const uploadBlock = z.strictObject({
  sizeBytes: z.int().positive(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 of its bytes as they were sent, hexadecimal'),
});
export type UploadBlock = z.infer<typeof uploadBlock>;

/** `GET /projects/{projectId}/uploads`: one's own, the newest first; 100 at most. */
export const uploadList = z.strictObject({ items: z.array(upload) });
export type UploadList = z.infer<typeof uploadList>;
