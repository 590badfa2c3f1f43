import { randomBytes } from 'node:crypto';
import { AppError, isAppError } from '../core/index.ts';
import { type EncryptionContext, encodeEncryptionContext } from './encryption-context.ts';
import { type KmsProvider, requireWrappable, type WrappingKeyDescription } from './kms-provider.ts';
import { isNotReadable, sealedDataNotReadable } from './not-readable.ts';
import { asAppError, keyMissing } from './pkcs11-errors.ts';
import { openPkcs11Token, TAG_LENGTH_BYTES, type TokenKey, type TokenSession } from './pkcs11-token.ts';
import { type Pkcs11Address, parsePkcs11Url } from './pkcs11-url.ts';

/**
 * Wrapped form: format (1 byte, value 1) · version of the key (4 bytes, big-endian) · nonce (12) · ciphertext with tag (16).
 * AES-256-GCM within the token, its nonce (96 random bits) from here, because PKCS#11 2.40 takes it from the caller. Authenticated:
 * format, version and context. The plaintext has a byte of value 0 before it, since libraries refuse to encrypt nothing.
 */
const FORMAT = 1;
const NONCE_OFFSET = 5;
const NONCE_LENGTH_BYTES = 12;
const HEADER_LENGTH_BYTES = NONCE_OFFSET + NONCE_LENGTH_BYTES;
const LEAST_LENGTH_BYTES = HEADER_LENGTH_BYTES + 1 + TAG_LENGTH_BYTES;

export type Pkcs11KmsProvider = KmsProvider & {
  /**
   * Makes the first version of a key that is not there.
   * @throws AppError `already-exists`; `permission-denied` when the token does not let us.
   */
  createKey(keyId: string): Promise<WrappingKeyDescription>;
};

/**
 * Keys in a hardware module, through the vendor's PKCS#11 library. A `keyId` is the label of AES keys in the token that cannot leave it; their
 * CKA_ID is the version, a big-endian number. The newest version wraps, every one unwraps. A key that is not there is never made by
 * `newVersion`: a new one in the place of a lost one would look as if all were well.
 * @throws AppError `failed-precondition` when the library cannot be loaded or the key `address.object` is not there, `unavailable` when the
 *   token is not there, `permission-denied` when it refuses the PIN.
 */
export async function openPkcs11KmsProvider(options: {
  readonly address: Pkcs11Address;
  /** Asked when the key `address.object` is not there; true makes it. Only when nothing can have been sealed yet. */
  readonly mayCreate: () => Promise<boolean>;
}): Promise<Pkcs11KmsProvider> {
  const { address, mayCreate } = options;
  const provider = providerOverToken(address);
  try {
    await provider.describe(address.object).catch(async (error: unknown) => {
      if (!isAppError(error, 'not-found')) throw error;
      if (!(await mayCreate())) throw keyMissing('failed-precondition', address.token, address.object);
      return provider.createKey(address.object);
    });
    return provider;
  } catch (error) {
    await provider.close();
    throw error;
  }
}

/**
 * Makes the first version of a key, for a person who wants to bind it.
 * @param url a PKCS#11 URI; its own key need not be there
 * @throws AppError `already-exists`; `permission-denied` when the token does not let us.
 */
export async function createKeyInToken(url: string, keyId: string): Promise<WrappingKeyDescription> {
  const provider = providerOverToken(parsePkcs11Url(url));
  try {
    return await provider.createKey(keyId);
  } finally {
    await provider.close();
  }
}

function providerOverToken(address: Pkcs11Address): Pkcs11KmsProvider {
  const token = openPkcs11Token(address);

  async function generate(session: TokenSession, keyId: string, version: number): Promise<WrappingKeyDescription> {
    await session.generateKey(keyId, version);
    return describeNewest(session.findKeys(keyId));
  }

  async function newest(session: TokenSession, keyId: string): Promise<TokenKey> {
    const key = session.keysOf(keyId, true).at(-1);
    if (key === undefined) throw keyMissing('failed-precondition', address.token, keyId);
    if (!key.isUsable) {
      throw new AppError(
        'failed-precondition',
        `The key "${keyId}" in the token "${address.token}" is disabled there: it may not encrypt and decrypt.`,
      );
    }
    return key;
  }

  /** There can be two keys of a version, also one that this session has not seen yet (see {@link TokenSession.findKeys}): tries each. */
  async function decryptByVersion(
    session: TokenSession,
    keyId: string,
    version: number,
    decrypt: (key: TokenKey) => Promise<Buffer>,
  ): Promise<Buffer> {
    const faults: AppError[] = [];
    const tried: TokenKey[] = [];
    for (const fresh of [false, true]) {
      const keys = session.keysOf(keyId, fresh).filter((key) => key.version === version);
      for (const key of keys.filter(({ handle }) => !tried.some((one) => one.handle.equals(handle)))) {
        try {
          return await decrypt(key);
        } catch (error) {
          const fault = asAppError(error, address.token);
          if (!isAppError(fault) || fault.code === 'unavailable') throw error;
          faults.push(fault);
          tried.push(key);
        }
      }
    }
    if (session.keysOf(keyId, false).length === 0) throw keyMissing('failed-precondition', address.token, keyId);
    // A key that may not decrypt might be the one: that says more than that the others are not.
    throw faults.find((fault) => !isNotReadable(fault)) ?? sealedDataNotReadable(faults[0]);
  }

  return {
    name: 'pkcs11',
    async wrap(keyId: string, plaintext: Uint8Array, context: EncryptionContext) {
      requireWrappable(plaintext);
      return token.inSession(async (session) => {
        const key = await newest(session, keyId);
        const header = Buffer.alloc(HEADER_LENGTH_BYTES);
        header.writeUInt8(FORMAT);
        header.writeUInt32BE(key.version, 1);
        randomBytes(NONCE_LENGTH_BYTES).copy(header, NONCE_OFFSET);
        const framed = Buffer.concat([Buffer.alloc(1), plaintext]);
        try {
          return Buffer.concat([header, await session.encrypt(key, inputsOf(header, context), framed)]);
        } finally {
          framed.fill(0);
        }
      });
    },
    async unwrap(keyId: string, wrapped: Uint8Array, context: EncryptionContext) {
      const bytes = Buffer.from(wrapped);
      return token.inSession(async (session) => {
        if (bytes.length < LEAST_LENGTH_BYTES || bytes.readUInt8(0) !== FORMAT) throw sealedDataNotReadable();
        const inputs = inputsOf(bytes.subarray(0, HEADER_LENGTH_BYTES), context);
        const decrypt = (key: TokenKey) => session.decrypt(key, inputs, bytes.subarray(HEADER_LENGTH_BYTES));
        const framed = await decryptByVersion(session, keyId, bytes.readUInt32BE(1), decrypt);
        return framed.subarray(1);
      });
    },
    describe: (keyId) =>
      token.inSession((session) => {
        const keys = session.findKeys(keyId);
        if (keys.length === 0) throw keyMissing('not-found', address.token, keyId);
        return describeNewest(keys);
      }),
    newVersion: (keyId) =>
      token.inSession((session) => {
        const key = session.findKeys(keyId).at(-1);
        if (key === undefined) throw keyMissing('not-found', address.token, keyId);
        return generate(session, keyId, key.version + 1);
      }),
    createKey: (keyId) =>
      token.inSession((session) => {
        if (session.findKeys(keyId).length === 0) return generate(session, keyId, 1);
        throw new AppError('already-exists', `The token "${address.token}" has a key "${keyId}".`);
      }),
    close: () => token.close(),
  };
}

function describeNewest(keys: readonly TokenKey[]): WrappingKeyDescription {
  const key = keys.at(-1);
  if (key === undefined) throw new Error('a key that was made is not in the token');
  return { state: key.isUsable ? 'enabled' : 'disabled', keyVersion: key.version };
}

function inputsOf(header: Buffer, context: EncryptionContext) {
  const authenticated = Buffer.concat([header.subarray(0, NONCE_OFFSET), encodeEncryptionContext(context)]);
  return { nonce: header.subarray(NONCE_OFFSET), authenticated };
}
