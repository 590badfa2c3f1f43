import { hkdfSync } from 'node:crypto';
import type { EncryptionContext } from './encryption-context.ts';
import { KEY_LENGTH_BYTES, unwrapWithKey, wrappingKeyVersion, wrapWithKey } from './key-wrap.ts';
import { type KmsProvider, providerClosed, requireWrappable } from './kms-provider.ts';
import { sealedDataNotReadable } from './not-readable.ts';

/** The root key has one version so far; the wrapped form has room for more. */
const ROOT_KEY_VERSION = 1;

/**
 * A KMS provider over one root key in memory. The wrapping key of a `keyId` is HKDF-SHA256 (RFC 5869) of the root key with the id
 * as info, rather than the root key itself with the id in the context: accounts then share no key, only its origin, so the number of
 * wraps under one AES-GCM key counts for each account alone, and no bug in a context can open another account's key.
 * HashiCorp Vault's derived transit keys do the same.
 * @param rootKey 32 bytes; zeroed by `close`.
 */
export function providerOverRootKey(name: string, rootKey: Buffer): KmsProvider {
  let closed = false;

  function withWrappingKey<T>(keyId: string, work: (key: Buffer) => T): T {
    if (closed) throw providerClosed();
    const info = Buffer.from(`cloister/wrapping-key/1/${keyId}`, 'utf8');
    const key = Buffer.from(hkdfSync('sha256', rootKey, Buffer.alloc(0), info, KEY_LENGTH_BYTES));
    try {
      return work(key);
    } finally {
      key.fill(0);
    }
  }

  return {
    name,
    async wrap(keyId: string, plaintext: Uint8Array, context: EncryptionContext) {
      requireWrappable(plaintext);
      return withWrappingKey(keyId, (key) => wrapWithKey(key, ROOT_KEY_VERSION, plaintext, context));
    },
    async unwrap(keyId: string, wrapped: Uint8Array, context: EncryptionContext) {
      if (wrappingKeyVersion(wrapped) !== ROOT_KEY_VERSION) throw sealedDataNotReadable();
      return withWrappingKey(keyId, (key) => unwrapWithKey(key, wrapped, context));
    },
    async describe() {
      return withWrappingKey('', () => ({ state: 'enabled', keyVersion: ROOT_KEY_VERSION }));
    },
    async close() {
      closed = true;
      rootKey.fill(0);
    },
  };
}
