import { hash, verify } from '@node-rs/argon2';
import { invalidField, newCredential, type Secret } from '../../core/index.ts';

/** OWASP Password Storage Cheat Sheet (2025), argon2id: 19 MiB of memory, 2 iterations, 1 lane. argon2id is the library's default algorithm. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export const MIN_PASSWORD_CHARACTERS = 12;

/**
 * Hashes a new password for storing.
 * @throws AppError `invalid-argument` when it is shorter than {@link MIN_PASSWORD_CHARACTERS} or longer than 256 characters.
 */
export async function hashPassword(password: Secret): Promise<string> {
  const { length } = password.expose();
  if (length < MIN_PASSWORD_CHARACTERS) {
    throw invalidField('password', `must have at least ${MIN_PASSWORD_CHARACTERS} characters`);
  }
  if (length > 256) throw invalidField('password', 'must have at most 256 characters');
  return hash(password.expose(), ARGON2ID);
}

/**
 * Whether the password is the one that was hashed. Without a hash (nobody has that address) it does the same work and answers no, so that
 * neither the answer nor its time tells who has an account.
 */
export async function isPassword(password: Secret, storedHash: string | undefined): Promise<boolean> {
  nobodysHash ??= hash(newCredential(''), ARGON2ID);
  const matches = await verify(storedHash ?? (await nobodysHash), password.expose());
  return matches && storedHash !== undefined;
}

let nobodysHash: Promise<string> | undefined;
