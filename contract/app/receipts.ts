import { z } from 'zod';
import { id, instant } from './common.ts';

/** What a deletion answers with (200): of prompt templates, assets, objects of a bucket, projects. Of an upload, by tus with 204, the header `Deletion-Receipt` has it. */
export const deletion = z.strictObject({
  receipt: z.string().max(200_000).describe('Deletion receipt: a compact JWS (RFC 7515, EdDSA). Keep it as proof'),
});
export type Deletion = z.infer<typeof deletion>;

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, hexadecimal');

/** What a receipt says: the payload of the JWS. No name, no content. The format is told in docs/export.md. */
export const deletionReceipt = z.strictObject({
  kind: z.literal('cloister-deletion-receipt'),
  version: z.literal(1),
  receiptId: id,
  accountId: id,
  projectId: id.optional().describe('Absent: what went was the whole account’s'),
  what: z.strictObject({ type: z.enum(['asset', 'object', 'upload', 'project', 'key']), id }),
  deletedAt: instant,
  by: z.strictObject({ userId: z.string() }),
  sealedObjects: z.int().describe('How many sealed objects went'),
  sealedSizeBytes: z.int().describe('Their size together, as it was in the bucket'),
  sealedSha256: sha256
    .optional()
    .describe('Of the sealed object; of several, over their digests in ascending order. The audit event has the same'),
  sealed: z
    .array(z.strictObject({ objectId: id, sealedSizeBytes: z.int(), sha256 }))
    .optional()
    .describe('Each of them, where they are not more than 200'),
  keyDestroyed: z.literal(true).describe('Their wrapped keys went in the same transaction: no copy of the bytes opens'),
});
export type DeletionReceipt = z.infer<typeof deletionReceipt>;

/** `POST /receipts/verify` */
export const verifyReceiptRequest = z.strictObject({ receipt: z.string().min(1).max(200_000) });
/** What the receipt says, if a key of this deployment signed it; a receipt that none did is refused. */
export const verifiedReceipt = z.strictObject({ receipt: deletionReceipt });

/** `GET /receipts/keys`: the public keys that receipts are checked with, also without the server (JWKS, RFC 7517). */
export const receiptKeys = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });
