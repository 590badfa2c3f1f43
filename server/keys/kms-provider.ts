import { AppError } from '../core/index.ts';
import type { EncryptionContext } from './encryption-context.ts';

export type WrappingKeyState = 'enabled' | 'disabled' | 'destroyed';

export type WrappingKeyDescription = {
  readonly state: WrappingKeyState;
  /** The version that wraps now; older ones only unwrap. Absent where the KMS does not tell. */
  readonly keyVersion?: number;
};

/**
 * Something that holds wrapping keys and never lets them out: a key file, a hardware module, a key service.
 *
 * Obligations of every adapter:
 * - A wrapping key is named by `keyId`; different ids are different keys, none opens what another wrapped.
 * - The wrapped form carries the version of the wrapping key, so that after a rotation old wrapped keys still unwrap.
 * - Failures of the KMS itself (not reached, denied, disabled) are AppErrors `unavailable`, `permission-denied` or
 *   `failed-precondition` that say what to do. Everything that does not unwrap is `sealedDataNotReadable`, whatever the cause.
 * - Callers never hold a database transaction open across a call: it may be a network away.
 */
export type KmsProvider = {
  /** What kind it is, for example `local`. It is written beside every wrapped key, so it never changes. */
  readonly name: string;
  /**
   * Wraps a key. Must give another ciphertext at every call, and bind the context so that unwrapping with another one fails.
   * @param plaintext 0 to 4,096 bytes (AWS KMS's limit, so that every adapter can).
   * @throws AppError `invalid-argument` when the plaintext is longer.
   */
  wrap(keyId: string, plaintext: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
  /**
   * Unwraps what {@link wrap} gave for the same key and context. The caller zeroes what it gets.
   * @throws AppError `failed-precondition` (`sealedDataNotReadable`) for damaged or cut bytes, another key, another context.
   */
  unwrap(keyId: string, wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
  /**
   * Tells whether the key can be used now. Must not wrap or unwrap anything.
   * @throws AppError `not-found` for a key that is not there.
   */
  describe(keyId: string): Promise<WrappingKeyDescription>;
  /**
   * Makes a new version of the key, which wraps from then on; older ones only unwrap. Absent where that is only for the people of the KMS.
   * @throws AppError `permission-denied` when the KMS does not let us.
   */
  readonly newVersion?: ((keyId: string) => Promise<WrappingKeyDescription>) | undefined;
  /** Lets go of connections, and zeroes keys held in memory. Every later call fails. Closing twice is no error. */
  close(): Promise<void>;
};

/** The longest plaintext of {@link KmsProvider.wrap}, bytes. */
export const MAX_WRAP_BYTES = 4096;

/** @throws AppError `invalid-argument`, as {@link KmsProvider.wrap} does. */
export function requireWrappable(plaintext: Uint8Array): void {
  if (plaintext.length <= MAX_WRAP_BYTES) return;
  throw new AppError('invalid-argument', `plaintext: must have at most ${MAX_WRAP_BYTES} bytes`);
}

/** The answer to every call after {@link KmsProvider.close}. */
export function providerClosed(): AppError {
  return new AppError('unavailable', 'The key provider is closed.');
}
