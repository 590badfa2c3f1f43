import { randomBytes } from 'node:crypto';
import { providerOverRootKey } from './derived-key-wrapping.ts';
import { KEY_LENGTH_BYTES } from './key-wrap.ts';
import type { KmsProvider } from './kms-provider.ts';

/** A KMS provider whose root key is made now and gone with the process. For tests. */
export function createMemoryKmsProvider(): KmsProvider {
  return providerOverRootKey('memory', randomBytes(KEY_LENGTH_BYTES));
}
