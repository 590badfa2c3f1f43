import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';

/** A new identifier: a random UUID (RFC 9562 version 4, 122 random bits), so that nobody can guess another one's. */
export function newId(): string {
  return randomUUID();
}

/**
 * A new bearer credential: `prefix` and 256 random bits in base64url.
 * @param prefix says what it opens, so that a leaked one can be recognised, for example `cl_`.
 */
export function newCredential(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/**
 * What the database keeps of a credential: SHA-256 in hex. A slow hash is for passwords that people choose; these hold 256 random bits.
 */
export function hashCredential(credential: string): string {
  return createHash('sha256').update(credential, 'utf8').digest('hex');
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for text in the form that {@link newId} gives. Check before a query: PostgreSQL fails on other text in a uuid column. */
export function isId(text: string): boolean {
  return UUID.test(text);
}

/** A seed for sampling: 1 to 4,294,967,295, watsonx's range. */
export function randomSeed(): number {
  return randomInt(1, 4_294_967_296);
}
