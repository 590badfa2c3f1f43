import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError } from '../core/index.ts';
import { KEY_LENGTH_BYTES } from './key-wrap.ts';
import { providerClosed } from './kms-provider.ts';
import { sealedDataNotReadable } from './not-readable.ts';
import { answerOf, asAppError, isAboutPin, isLost, pinRefused, tokenUnavailable } from './pkcs11-errors.ts';
import { loadPkcs11Module, type Pkcs11Module } from './pkcs11-module.ts';
import type { Pkcs11Address } from './pkcs11-url.ts';

type Handle = Buffer;

/** One version of a key in the token. */
export type TokenKey = { readonly handle: Handle; readonly version: number; readonly isUsable: boolean };

/** What AES-GCM works with, beside the key. */
export type GcmInputs = { readonly nonce: Buffer; readonly authenticated: Buffer };

/** A session with a token, for as long as a piece of work takes. Handles are good in it only. */
export type TokenSession = {
  /**
   * Versions of the key with this label, the newest last; empty when there is none. Two servers that rotate at once make two keys of the same
   * version: the last of those is the same one for every server, where the token tells them apart, and one that may be used where there is one.
   */
  findKeys(label: string): readonly TokenKey[];
  /** @param fresh true: asks the token, also where this session knows an answer. */
  keysOf(label: string, fresh: boolean): readonly TokenKey[];
  generateKey(label: string, version: number): Promise<void>;
  encrypt(key: TokenKey, inputs: GcmInputs, plaintext: Uint8Array): Promise<Buffer>;
  /** @throws AppError `sealedDataNotReadable` */
  decrypt(key: TokenKey, inputs: GcmInputs, ciphertext: Uint8Array): Promise<Buffer>;
};

export type Pkcs11Token = {
  /**
   * Does work in a session that is logged in. When the token has forgotten the session or was away, opens another one and does the work
   * once more: so work must be able to run twice.
   * @throws AppError as the obligations of `KmsProvider` have it.
   */
  inSession<T>(work: (session: TokenSession) => T | Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** Of what {@link TokenSession.encrypt} gives, at its end. */
export const TAG_LENGTH_BYTES = 16;
/** Versions of one key that are looked at; each is a rotation. */
const MOST_VERSIONS = 10_000;

/** @throws AppError `failed-precondition` when the library cannot be loaded. Opens no session yet. */
export function openPkcs11Token(address: Pkcs11Address): Pkcs11Token {
  const module = loadPkcs11Module(address.modulePath);
  let session: (TokenSession & { end(): void }) | undefined;
  let isClosed = false;

  async function open(): Promise<TokenSession> {
    session ??= openSession(module, address, await readPin(address.pinFile));
    return session;
  }

  function forget(): void {
    session?.end();
    session = undefined;
  }

  async function inSession<T>(work: (session: TokenSession) => T | Promise<T>): Promise<T> {
    if (isClosed) throw providerClosed();
    try {
      return await work(await open());
    } catch (error) {
      if (!isLost(error) && !(error instanceof AppError && error.code === 'unavailable')) throw error;
      forget();
    }
    // Libraries that list their tokens only once find one that came back when they are initialised anew.
    if (findSlot(module, address) === undefined) module.initializeAnew();
    return work(await open());
  }

  return {
    inSession: (work) =>
      module.run(async () => {
        try {
          return await inSession(work);
        } catch (error) {
          if (isLost(error)) forget();
          throw asAppError(error, address.token);
        }
      }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await module.run(forget);
      await module.release();
    },
  };
}

function openSession(module: Pkcs11Module, address: Pkcs11Address, pin: string): TokenSession & { end(): void } {
  const { library: c, functions } = module;
  const slot = findSlot(module, address);
  if (slot === undefined) throw tokenUnavailable(address.token);
  const handle = functions.C_OpenSession(slot, c.CKF_SERIAL_SESSION | c.CKF_RW_SESSION);
  const end = () => {
    try {
      functions.C_CloseSession(handle);
    } catch {
      // It is closed, or its library was initialised anew, which closes it too.
    }
  };
  try {
    logIn(module, address, handle, pin);
  } catch (error) {
    end();
    throw error;
  }
  return { ...sessionWith(module, address, slot, handle), end };
}

/** Which PINs were refused, whichever provider of this process showed them. */
const refusedPins = new Map<string, AppError>();

function logIn({ library: c, functions }: Pkcs11Module, address: Pkcs11Address, session: Handle, pin: string): void {
  const { modulePath, token, serial, pinFile } = address;
  const tried = hash('sha256', JSON.stringify([modulePath, token, serial, pin]));
  const refusal = refusedPins.get(tried);
  if (refusal !== undefined) throw refusal;
  try {
    functions.C_Login(session, c.CKU_USER, pin);
  } catch (error) {
    // Another session of this process with the token has logged in for all.
    if (answerOf(error) === 'CKR_USER_ALREADY_LOGGED_IN') return;
    if (!isAboutPin(error)) throw error;
    const refused = pinRefused(token, pinFile, error);
    refusedPins.set(tried, refused);
    throw refused;
  }
}

/** A token or a library that does not answer has none. */
function findSlot({ functions }: Pkcs11Module, { token, serial }: Pkcs11Address): Handle | undefined {
  const isMeant = (slot: Handle) => {
    const found = functions.C_GetTokenInfo(slot);
    return found.label.trimEnd() === token && (serial === undefined || found.serialNumber.trimEnd() === serial);
  };
  return otherwise([], () => functions.C_GetSlotList(true)).find((slot) => otherwise(false, () => isMeant(slot)));
}

function otherwise<T>(value: T, ask: () => T): T {
  try {
    return ask();
  } catch {
    return value;
  }
}

function sessionWith(module: Pkcs11Module, address: Pkcs11Address, slot: Handle, session: Handle): TokenSession {
  const { library: c, functions } = module;
  const known = new Map<string, readonly TokenKey[]>();

  /** Where SoftHSM's token is gone, its objects are not found; only the token itself says why. */
  function requireToken(): void {
    try {
      functions.C_GetTokenInfo(slot);
    } catch (error) {
      throw tokenUnavailable(address.token, error);
    }
  }

  function findKeys(label: string): readonly TokenKey[] {
    functions.C_FindObjectsInit(session, [
      { type: c.CKA_CLASS, value: c.CKO_SECRET_KEY },
      { type: c.CKA_KEY_TYPE, value: c.CKK_AES },
      { type: c.CKA_LABEL, value: label },
    ]);
    let handles: Handle[];
    try {
      handles = functions.C_FindObjects(session, MOST_VERSIONS);
    } finally {
      functions.C_FindObjectsFinal(session);
    }
    if (handles.length === 0) requireToken();
    const keys = inOrder(handles.map((handle) => readKey(label, handle)));
    known.set(label, keys);
    return keys;
  }

  function inOrder(keys: readonly TokenKey[]): readonly TokenKey[] {
    const hasTwins = new Set(keys.map(({ version }) => version)).size < keys.length;
    const ranked = keys.map((key) => ({ key, rank: hasTwins ? checkValueOf(key) : Buffer.alloc(0) }));
    ranked.sort(
      (left, right) =>
        left.key.version - right.key.version ||
        Number(left.key.isUsable) - Number(right.key.isUsable) ||
        Buffer.compare(left.rank, right.rank),
    );
    return ranked.map(({ key }) => key);
  }

  /** Tells keys apart in the same way for every server; empty where the token keeps none. It is no secret: tools show it. */
  function checkValueOf({ handle }: TokenKey): Buffer {
    const ask = () => functions.C_GetAttributeValue(session, handle, [{ type: c.CKA_CHECK_VALUE }]);
    const [attribute] = otherwise([], ask);
    return Buffer.from((attribute?.value as Buffer | undefined) ?? []);
  }

  function readKey(label: string, handle: Handle): TokenKey {
    const [id, extractable, sensitive, length, encrypts, decrypts] = functions
      .C_GetAttributeValue(session, handle, [
        { type: c.CKA_ID },
        { type: c.CKA_EXTRACTABLE },
        { type: c.CKA_SENSITIVE },
        { type: c.CKA_VALUE_LEN },
        { type: c.CKA_ENCRYPT },
        { type: c.CKA_DECRYPT },
      ])
      .map(({ value }) => value as Buffer);
    const isSet = (value: Buffer | undefined) => value?.[0] === 1;
    if (isSet(extractable) || !isSet(sensitive)) throw unusable(label, 'it can be taken out of the token');
    if (length?.readUInt8(0) !== KEY_LENGTH_BYTES) throw unusable(label, 'it does not have 32 bytes');
    if (id === undefined || id.length > 4) throw unusable(label, 'its id is no version, a number of at most 4 bytes');
    const version = id.length === 0 ? 0 : id.readUIntBE(0, id.length);
    return { handle, version, isUsable: isSet(encrypts) && isSet(decrypts) };
  }

  function unusable(label: string, why: string): AppError {
    return new AppError(
      'failed-precondition',
      `The key "${label}" in the token "${address.token}" cannot be used: ${why}. Name another key, or make this one anew with the tool of your hardware module if nothing is wrapped by it.`,
    );
  }

  function gcm({ nonce, authenticated }: GcmInputs) {
    return {
      mechanism: c.CKM_AES_GCM,
      parameter: {
        type: c.CK_PARAMS_AES_GCM_v240,
        iv: nonce,
        ivBits: nonce.length * 8,
        aad: authenticated,
        tagBits: TAG_LENGTH_BYTES * 8,
      },
    };
  }

  return {
    findKeys,
    keysOf: (label, fresh) => (fresh ? undefined : known.get(label)) ?? findKeys(label),
    async generateKey(label: string, version: number) {
      const id = Buffer.alloc(4);
      id.writeUInt32BE(version);
      const isTrue = [c.CKA_TOKEN, c.CKA_PRIVATE, c.CKA_SENSITIVE, c.CKA_ENCRYPT, c.CKA_DECRYPT];
      const isFalse = [c.CKA_EXTRACTABLE, c.CKA_WRAP, c.CKA_UNWRAP];
      await functions.C_GenerateKeyAsync(session, { mechanism: c.CKM_AES_KEY_GEN }, [
        { type: c.CKA_CLASS, value: c.CKO_SECRET_KEY },
        { type: c.CKA_KEY_TYPE, value: c.CKK_AES },
        { type: c.CKA_VALUE_LEN, value: KEY_LENGTH_BYTES },
        { type: c.CKA_LABEL, value: label },
        { type: c.CKA_ID, value: id },
        ...isTrue.map((type) => ({ type, value: true })),
        ...isFalse.map((type) => ({ type, value: false })),
      ]);
      known.delete(label);
    },
    async encrypt(key: TokenKey, inputs: GcmInputs, plaintext: Uint8Array) {
      // The library works on these very bytes in another thread, so they stay referred to until it is done.
      const given = Buffer.from(plaintext);
      const room = Buffer.alloc(given.length + TAG_LENGTH_BYTES);
      try {
        functions.C_EncryptInit(session, gcm(inputs), key.handle);
        return Buffer.from(await functions.C_EncryptAsync(session, given, room));
      } finally {
        given.fill(0);
      }
    },
    async decrypt(key: TokenKey, inputs: GcmInputs, ciphertext: Uint8Array) {
      const given = Buffer.from(ciphertext);
      const room = Buffer.alloc(given.length);
      try {
        functions.C_DecryptInit(session, gcm(inputs), key.handle);
        return Buffer.from(await functions.C_DecryptAsync(session, given, room));
      } catch (error) {
        // SoftHSM 2 says this of a wrong tag. Said of a token that is well, it is about the bytes.
        if (answerOf(error) !== 'CKR_GENERAL_ERROR') throw error;
        requireToken();
        throw sealedDataNotReadable(error);
      } finally {
        room.fill(0);
      }
    },
  };
}

async function readPin(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new AppError(
      'failed-precondition',
      `The file "${path}" with the token's PIN cannot be read (${code}). pin-source in the PKCS#11 URI names it.`,
      { cause: error },
    );
  }
}
