import { AppError, type Clock, type Logger } from '../core/index.ts';
import type { Egress } from '../egress/index.ts';
import { type EncryptionContext, encodeEncryptionContext } from './encryption-context.ts';
import { type KmsProvider, providerClosed, requireWrappable, type WrappingKeyDescription } from './kms-provider.ts';
import { sealedDataNotReadable } from './not-readable.ts';
import { askVault, type VaultAnswer } from './vault-client.ts';
import { VaultSession } from './vault-session.ts';
import { isVaultName, parseVaultUrl } from './vault-url.ts';

/**
 * Wrapped form: format (1 byte, value 1) · version of the key (4 bytes, big-endian) · what stands after `vault:v<version>:`, as bytes. Vault
 * would take other base64 of the same bytes; as bytes there is one form of a wrapped key, and not one bit of it can change.
 */
const FORMAT = 1;
const HEADER_LENGTH_BYTES = 5;

/** Key types with 256 bits that authenticate the context. */
const KEY_TYPES = ['aes256-gcm96', 'chacha20-poly1305'];

/**
 * Keys in the Transit engine of HashiCorp Vault (from 1.13) or OpenBao, through its HTTP API. A `keyId` is the name of a Transit key. The
 * encryption context goes along twice: as `associated_data`, which authenticates it, and as `context`, from which Vault derives the key where
 * it was made with `derived=true` and which it passes over otherwise.
 * @param url see {@link parseVaultUrl}. Vault is not asked before the first call.
 */
export async function openVaultKmsProvider(
  url: string,
  { egress, clock, logger }: { readonly egress: Egress; readonly clock: Clock; readonly logger: Logger },
): Promise<KmsProvider> {
  const address = parseVaultUrl(url);
  const closing = new AbortController();
  const vault = { egress, address, signal: closing.signal };
  const session = new VaultSession({
    secretFile: address.secretFile,
    ask: (request) => askVault(vault, request),
    clock,
    logger,
  });
  let bindsContext = false;

  async function ask(method: 'GET' | 'POST', operation: string, keyId: string, json?: Record<string, string>) {
    if (closing.signal.aborted) throw providerClosed();
    const [prefix = '', suffix = ''] = operation.split('*');
    const path = `${address.mount}/${prefix}${keyId}${suffix}`;
    const answer = await session.send({ method, path, ...(json === undefined ? {} : { json }) });
    if (answer.status !== 403) return answer;
    const capability = method === 'GET' ? 'read' : 'update';
    throw new AppError(
      'permission-denied',
      `Vault denies it. Its policy for Cloister must allow "${capability}" on "${path}".`,
    );
  }

  async function findKey(keyId: string): Promise<TransitKey | undefined> {
    if (!isVaultName(keyId)) return undefined;
    const { status, body } = await ask('GET', 'keys/*', keyId);
    if (status === 404) return undefined;
    const { type, latest_version: version, convergent_encryption: isConvergent } = body.data ?? {};
    if (typeof type !== 'string' || typeof version !== 'number') throw notUnderstood();
    return { type, version, isConvergent: isConvergent === true };
  }

  async function getKey(keyId: string): Promise<TransitKey> {
    const key = await findKey(keyId);
    if (key === undefined) throw keyMissing('not-found', keyId);
    return key;
  }

  async function describe(keyId: string): Promise<WrappingKeyDescription> {
    return { state: 'enabled', keyVersion: (await getKey(keyId)).version };
  }

  /** An old server would pass over `associated_data` without a word; a wrapped key would then open in any place. */
  async function requireBoundContext(keyId: string, ciphertext: string): Promise<void> {
    if (bindsContext) return;
    const { status } = await ask('POST', 'decrypt/*', keyId, { ciphertext, ...boundTo({ not: 'this' }) });
    if (status !== 400) {
      throw new AppError(
        'failed-precondition',
        'This Vault does not authenticate associated data, so it cannot keep the keys of projects apart. Use Vault 1.13 or newer, or OpenBao.',
      );
    }
    bindsContext = true;
  }

  return {
    name: 'vault',
    async wrap(keyId: string, plaintext: Uint8Array, context: EncryptionContext) {
      requireWrappable(plaintext);
      // Vault makes a key that is not there where its policy allows "create"; a misspelt name must not become a key.
      const key = await findKey(keyId);
      if (key === undefined) throw keyMissing('failed-precondition', keyId);
      requireUsable(keyId, key);
      const json = { plaintext: Buffer.from(plaintext).toString('base64'), ...boundTo(context) };
      const ciphertext = (await ask('POST', 'encrypt/*', keyId, json)).body.data?.ciphertext;
      if (typeof ciphertext !== 'string') throw notUnderstood();
      await requireBoundContext(keyId, ciphertext);
      return asBytes(ciphertext);
    },
    async unwrap(keyId: string, wrapped: Uint8Array, context: EncryptionContext) {
      if (!isVaultName(keyId)) throw sealedDataNotReadable();
      const json = { ciphertext: asCiphertext(wrapped), ...boundTo(context) };
      const answer = await ask('POST', 'decrypt/*', keyId, json);
      if (answer.status >= 400) {
        if ((await findKey(keyId)) === undefined) throw keyMissing('failed-precondition', keyId);
        throw sealedDataNotReadable();
      }
      return plaintextOf(answer);
    },
    describe,
    async newVersion(keyId: string) {
      await getKey(keyId);
      const { status } = await ask('POST', 'keys/*/rotate', keyId, {});
      if (status >= 400) throw notUnderstood();
      return describe(keyId);
    },
    async close() {
      closing.abort();
      session.close();
    },
  };
}

type TransitKey = { readonly type: string; readonly version: number; readonly isConvergent: boolean };

function requireUsable(keyId: string, { type, isConvergent }: TransitKey): void {
  const why = isConvergent ? 'encrypts convergently' : KEY_TYPES.includes(type) ? undefined : `has the type ${type}`;
  if (why === undefined) return;
  throw new AppError(
    'failed-precondition',
    `The key "${keyId}" in Vault ${why}, so it cannot wrap keys. Make one of the type ${KEY_TYPES[0]}.`,
  );
}

function boundTo(context: EncryptionContext): { context: string; associated_data: string } {
  const encoded = encodeEncryptionContext(context).toString('base64');
  return { context: encoded, associated_data: encoded };
}

function asBytes(ciphertext: string): Uint8Array {
  const [, version, base64] = /^vault:v(\d{1,9}):([A-Za-z0-9+/]+={0,2})$/.exec(ciphertext) ?? [];
  if (version === undefined || base64 === undefined) throw notUnderstood();
  const header = Buffer.alloc(HEADER_LENGTH_BYTES);
  header.writeUInt8(FORMAT);
  header.writeUInt32BE(Number(version), 1);
  return Buffer.concat([header, Buffer.from(base64, 'base64')]);
}

function asCiphertext(wrapped: Uint8Array): string {
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
  if (bytes.length <= HEADER_LENGTH_BYTES || bytes.readUInt8(0) !== FORMAT) throw sealedDataNotReadable();
  return `vault:v${bytes.readUInt32BE(1)}:${bytes.subarray(HEADER_LENGTH_BYTES).toString('base64')}`;
}

function plaintextOf({ body }: VaultAnswer): Uint8Array {
  const plaintext = body.data?.plaintext;
  if (typeof plaintext !== 'string') throw notUnderstood();
  return Buffer.from(plaintext, 'base64');
}

function keyMissing(code: 'not-found' | 'failed-precondition', keyId: string): AppError {
  return new AppError(
    code,
    `There is no key "${keyId}" in Vault. If it was not deleted on purpose, restore it there; for a new one: vault write -f <mount>/keys/<name>.`,
  );
}

function notUnderstood(): AppError {
  return new AppError('unavailable', 'Vault answered something that Cloister does not understand; its log says more.');
}
