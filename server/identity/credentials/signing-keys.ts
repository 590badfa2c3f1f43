import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { AppError, type Clock, isAppError, newId } from '../../core/index.ts';
import type { CredentialStore, SigningKeyPurpose, SigningKeyRecord } from './credential-store.ts';
import type { SecretWrapper } from './secret-wrapper.ts';

/** Ed25519 (RFC 8037). Fixed here and never read from a token: that is what algorithm confusion lives on (RFC 8725, section 3.1). */
export const SIGNING_ALGORITHM = 'EdDSA';

/** How long a server goes on with the keys that it has read, and so how long it may sign with one that another server has rotated. */
export const SIGNING_KEY_CACHE_SECONDS = 60;

/** A retired key that counts for ever: what it signed stays on record. */
export const NEVER = new Date('9999-12-31T00:00:00Z');

export type SigningKey = {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** Only what is public of it. */
  readonly publicJwk: JWK;
  readonly createdAt: Date;
  readonly retiresAt: Date | null;
};

/** Port half that this needs. */
type SigningKeyStore = Pick<CredentialStore, 'addSigningKey' | 'listSigningKeys'>;

type OpenedKey = Pick<SigningKey, 'privateKey' | 'publicKey' | 'publicJwk'>;

/**
 * The signing keys of one purpose: one for all servers of the deployment signs, others are still taken. Private halves are in the database
 * wrapped, and a key counts only when the KMS has unwrapped it: a public half by itself could be put there by whoever can write rows.
 */
export class SigningKeys {
  readonly #store: SigningKeyStore;
  readonly #wrapper: SecretWrapper;
  readonly #clock: Clock;
  readonly #purpose: SigningKeyPurpose;
  /** Unwrapped once; null: it does not unwrap, so it is none of ours. */
  #opened = new Map<string, OpenedKey | null>();
  #read: { readonly keys: readonly SigningKey[]; readonly atMs: number } | undefined;
  #reading: Promise<readonly SigningKey[]> | undefined;

  constructor(options: {
    readonly store: SigningKeyStore;
    readonly wrapper: SecretWrapper;
    readonly clock: Clock;
    readonly purpose: SigningKeyPurpose;
  }) {
    this.#store = options.store;
    this.#wrapper = options.wrapper;
    this.#clock = options.clock;
    this.#purpose = options.purpose;
  }

  /** The key that signs; made when there is none. Speaks to the database and the KMS at most once a minute. */
  async current(): Promise<SigningKey> {
    const found = signerOf(await this.#recent());
    if (found !== undefined) return found;
    await this.#make();
    // Read again even after making one: of several servers that made one at the same time, all take the oldest.
    const made = signerOf(await this.#readAll());
    if (made === undefined) throw new AppError('internal', `There is no key to sign with (${this.#purpose}).`);
    return made;
  }

  /** The key that signs as it is in memory; undefined before {@link current} was asked. */
  inMemory(): SigningKey | undefined {
    return this.#read && signerOf(this.#read.keys);
  }

  /** The key with that id, if what it signed is still taken. One that another server has just made is found too. */
  async find(id: string): Promise<SigningKey | undefined> {
    const known = (await this.#recent()).find((key) => key.id === id);
    const key = known ?? (await this.#readAll()).find((candidate) => candidate.id === id);
    return key !== undefined && this.#counts(key) ? key : undefined;
  }

  /** All whose signatures are taken, oldest first, read at this moment. */
  async list(): Promise<readonly SigningKey[]> {
    return (await this.#readAll()).filter((key) => this.#counts(key));
  }

  /** Makes a key that signs from now on. @param retireOthersAt until when what the others signed is taken */
  async rotate(retireOthersAt: Date): Promise<string> {
    const id = await this.#make(retireOthersAt);
    await this.#readAll();
    return id;
  }

  #counts({ retiresAt }: SigningKey): boolean {
    return retiresAt === null || retiresAt > this.#clock.now();
  }

  async #recent(): Promise<readonly SigningKey[]> {
    const read = this.#read;
    if (read !== undefined && this.#clock.monotonicMs() - read.atMs < SIGNING_KEY_CACHE_SECONDS * 1000)
      return read.keys;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<readonly SigningKey[]> {
    const atMs = this.#clock.monotonicMs();
    const records = await this.#store.listSigningKeys(this.#purpose);
    const opened = await Promise.all(records.map((record) => this.#open(record)));
    const keys = records.flatMap(({ id, createdAt, retiresAt }, index) => {
      const key = opened[index];
      return key == null ? [] : [{ id, createdAt, retiresAt, ...key }];
    });
    if (keys.length === 0 && records.length > 0) {
      throw new AppError('failed-precondition', 'None of the signing keys can be opened with this root key.');
    }
    // Private halves of keys that are gone do not stay in memory.
    this.#opened = new Map(records.map(({ id }, index) => [id, opened[index] ?? null]));
    this.#read = { keys, atMs };
    return keys;
  }

  async #open({ id, wrappedPrivateKey }: SigningKeyRecord): Promise<OpenedKey | null> {
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    let bytes: Uint8Array;
    try {
      bytes = await this.#wrapper.unwrap(wrappedPrivateKey, this.#contextOf(id));
    } catch (error) {
      if (isAppError(error, 'failed-precondition')) return null;
      throw error;
    }
    const privateJwk = JSON.parse(Buffer.from(bytes).toString('utf8')) as JWK;
    bytes.fill(0);
    const { d: _, ...publicJwk } = privateJwk;
    const [privateKey, publicKey] = await Promise.all([
      importJWK(privateJwk, SIGNING_ALGORITHM),
      importJWK(publicJwk, SIGNING_ALGORITHM),
    ]);
    return { privateKey: privateKey as CryptoKey, publicKey: publicKey as CryptoKey, publicJwk };
  }

  async #make(retireOthersAt?: Date): Promise<string> {
    const { privateKey, publicKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
    const id = newId();
    const bytes = Buffer.from(JSON.stringify(await exportJWK(privateKey)), 'utf8');
    const record: SigningKeyRecord = {
      id,
      purpose: this.#purpose,
      publicJwk: await exportJWK(publicKey),
      wrappedPrivateKey: await this.#wrapper.wrap(bytes, this.#contextOf(id)),
      createdAt: this.#clock.now(),
      retiresAt: null,
    };
    bytes.fill(0);
    await this.#store.addSigningKey(record, retireOthersAt);
    return id;
  }

  /** Binds the wrapped key to its purpose: a row that is moved to another one does not unwrap. */
  #contextOf(id: string): Record<string, string> {
    return { purpose: `${this.#purpose}-signing-key`, signingKey: id };
  }
}

/** The key as it is published (RFC 7517, RFC 8037). */
export function publicKeyOf({ id, publicJwk }: SigningKey): JWK {
  return { ...publicJwk, kid: id, use: 'sig', alg: SIGNING_ALGORITHM };
}

/** The oldest that has not been rotated, so that servers that made one each at the same moment agree. */
function signerOf(keys: readonly SigningKey[]): SigningKey | undefined {
  return keys.find(({ retiresAt }) => retiresAt === null);
}
