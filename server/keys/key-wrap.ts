import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type EncryptionContext, encodeEncryptionContext } from './encryption-context.ts';
import { sealedDataNotReadable } from './not-readable.ts';

/** Length of every key in Cloister, bytes: AES-256. */
export const KEY_LENGTH_BYTES = 32;

const FORMAT = 1;
const VERSION_OFFSET = 1;
const NONCE_OFFSET = 5;
const NONCE_LENGTH_BYTES = 12;
const TAG_LENGTH_BYTES = 16;
const HEADER_LENGTH_BYTES = NONCE_OFFSET + NONCE_LENGTH_BYTES;

/**
 * Wraps a short secret (a key) under a 256-bit key: AES-256-GCM as in NIST SP 800-38D, with a random 96-bit nonce (8.2.2) and a
 * 128-bit tag. Additional authenticated data: format, key version, and the context. No key wraps near the 2^32 times that 8.3 allows.
 *
 * Wrapped form: format (1 byte, value 1) · version of the wrapping key (4 bytes, big-endian) · nonce (12) · ciphertext · tag (16).
 *
 * @param keyVersion which version of the wrapping key this is, so that a rotated key still finds what an older version wrapped.
 */
export function wrapWithKey(
  key: Uint8Array,
  keyVersion: number,
  plaintext: Uint8Array,
  context: EncryptionContext,
): Uint8Array {
  const header = Buffer.alloc(HEADER_LENGTH_BYTES);
  header.writeUInt8(FORMAT, 0);
  header.writeUInt32BE(keyVersion, VERSION_OFFSET);
  randomBytes(NONCE_LENGTH_BYTES).copy(header, NONCE_OFFSET);
  const cipher = createCipheriv('aes-256-gcm', key, header.subarray(NONCE_OFFSET), { authTagLength: TAG_LENGTH_BYTES });
  cipher.setAAD(authenticated(header, context));
  return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/**
 * The version of the key that wrapped these bytes. It is only a hint until {@link unwrapWithKey} has authenticated it.
 * @throws AppError `failed-precondition` when the bytes are no wrapped key.
 */
export function wrappingKeyVersion(wrapped: Uint8Array): number {
  const bytes = asBuffer(wrapped);
  if (bytes.length < HEADER_LENGTH_BYTES + TAG_LENGTH_BYTES || bytes.readUInt8(0) !== FORMAT) {
    throw sealedDataNotReadable();
  }
  return bytes.readUInt32BE(VERSION_OFFSET);
}

/**
 * The opposite of {@link wrapWithKey}.
 * @throws AppError `failed-precondition`, with one message for every cause.
 */
export function unwrapWithKey(key: Uint8Array, wrapped: Uint8Array, context: EncryptionContext): Uint8Array {
  wrappingKeyVersion(wrapped);
  const bytes = asBuffer(wrapped);
  const header = bytes.subarray(0, HEADER_LENGTH_BYTES);
  const ciphertext = bytes.subarray(HEADER_LENGTH_BYTES, bytes.length - TAG_LENGTH_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, header.subarray(NONCE_OFFSET), {
    authTagLength: TAG_LENGTH_BYTES,
  });
  decipher.setAAD(authenticated(header, context));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_LENGTH_BYTES));
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch (error) {
    plaintext.fill(0);
    throw sealedDataNotReadable(error);
  }
}

function authenticated(header: Buffer, context: EncryptionContext): Buffer {
  return Buffer.concat([header.subarray(0, NONCE_OFFSET), encodeEncryptionContext(context)]);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
