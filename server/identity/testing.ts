import type { Clock } from '../core/index.ts';
import type { SecretWrapper } from './access-tokens.ts';
import { createIdentityOver, type Identity } from './create-identity.ts';
import { MemoryIdentityStore } from './memory-identity-store.ts';

export { MemoryIdentityStore } from './memory-identity-store.ts';

/** Wraps nothing: for tests of what is around the wrapping. */
export const openSecretWrapper: SecretWrapper = {
  wrap: async (bytes) => Uint8Array.from(bytes),
  unwrap: async (bytes) => Uint8Array.from(bytes),
};

/** The room in memory. */
export function createMemoryIdentity(clock: Clock): Identity & { readonly store: MemoryIdentityStore } {
  const store = new MemoryIdentityStore();
  return { ...createIdentityOver(store, { secretWrapper: openSecretWrapper, clock }), store };
}
