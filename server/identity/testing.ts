import { createRecordingAudit, type RecordingAudit } from '../audit/testing.ts';
import { type Clock, silentLogger } from '../core/index.ts';
import type { SecretWrapper } from './access-tokens.ts';
import { createIdentityOver, type Identity } from './create-identity.ts';
import { MemoryAccessStore, MemoryCredentialStore, MemoryMemberStore } from './memory-identity-stores.ts';

export { MemoryAccessStore, MemoryCredentialStore, MemoryMemberStore } from './memory-identity-stores.ts';

/** Wraps nothing: for tests of what is around the wrapping. */
export const openSecretWrapper: SecretWrapper = {
  wrap: async (bytes) => Uint8Array.from(bytes),
  unwrap: async (bytes) => Uint8Array.from(bytes),
};

export type MemoryIdentity = Identity & {
  readonly members: MemoryMemberStore;
  readonly credentials: MemoryCredentialStore;
  readonly access: MemoryAccessStore;
  readonly audit: RecordingAudit;
};

/** The room in memory. */
export function createMemoryIdentity(clock: Clock): MemoryIdentity {
  const members = new MemoryMemberStore();
  const access = new MemoryAccessStore(members);
  const credentials = new MemoryCredentialStore(members, access);
  const audit = createRecordingAudit();
  const options = { secretWrapper: openSecretWrapper, audit, clock, logger: silentLogger };
  return { ...createIdentityOver({ members, credentials, access }, options), members, credentials, access, audit };
}
