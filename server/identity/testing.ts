import { createRecordingAudit, type RecordingAudit } from '../audit/testing.ts';
import { AppError, type Clock, newId, silentLogger } from '../core/index.ts';
import { createIdentityOver, type Identity } from './create-identity.ts';
import type { SecretWrapper } from './credentials/secret-wrapper.ts';
import {
  MemoryFederatedIdentityStore,
  MemoryProjectRoleGrants,
} from './identity-providers/memory-federated-identity-store.ts';
import type { AccountDataOwner } from './members/account-data-owner.ts';
import { MemoryAccessStore, MemoryCredentialStore, MemoryMemberStore } from './memory-identity-stores.ts';
import { MemorySecondFactorStore, MemorySignInStepStore } from './sign-in/memory-second-factor-stores.ts';

export { MemoryAccessStore, MemoryCredentialStore, MemoryMemberStore } from './memory-identity-stores.ts';
export { createSoftwareAuthenticator, type SoftwareAuthenticator } from './sign-in/testing-authenticator.ts';

/** Wraps nothing: for tests of what is around the wrapping. */
export const openSecretWrapper: SecretWrapper = {
  wrap: async (bytes) => Uint8Array.from(bytes),
  unwrap: async (bytes) => Uint8Array.from(bytes),
};

/** For tests without the rooms that keep something of accounts. */
export const keepsNothing: AccountDataOwner = { purgeAccount: async () => {} };

/** Hides nothing, and unwraps only what it wrapped for the same context, as a KMS does. */
export function createBindingSecretWrapper(): SecretWrapper {
  const secret = newId();
  const labelOf = (context: Readonly<Record<string, string>>) =>
    JSON.stringify([secret, Object.entries(context).toSorted()]);
  return {
    wrap: async (bytes, context) => Buffer.concat([Buffer.from(labelOf(context)), Buffer.from([0]), bytes]),
    async unwrap(wrapped, context) {
      const label = Buffer.concat([Buffer.from(labelOf(context)), Buffer.from([0])]);
      const bytes = Buffer.from(wrapped);
      if (!bytes.subarray(0, label.length).equals(label))
        throw new AppError('failed-precondition', 'Not wrapped here.');
      return Uint8Array.from(bytes.subarray(label.length));
    },
  };
}

type MemoryStores = {
  readonly members: MemoryMemberStore;
  readonly credentials: MemoryCredentialStore;
  readonly access: MemoryAccessStore;
  readonly secondFactors: MemorySecondFactorStore;
  readonly signInSteps: MemorySignInStepStore;
  readonly federatedIdentities: MemoryFederatedIdentityStore;
  readonly projectRoleGrants: MemoryProjectRoleGrants;
};

export type MemoryIdentity = Identity & MemoryStores & { readonly audit: RecordingAudit };

/** The room in memory. */
export function createMemoryIdentity(clock: Clock): MemoryIdentity {
  const members = new MemoryMemberStore();
  const access = new MemoryAccessStore(members);
  const credentials = new MemoryCredentialStore(members, access);
  const secondFactors = new MemorySecondFactorStore(members);
  const signInSteps = new MemorySignInStepStore();
  const federatedIdentities = new MemoryFederatedIdentityStore(members);
  const projectRoleGrants = new MemoryProjectRoleGrants(access);
  const stores = { members, access, credentials, secondFactors, signInSteps, federatedIdentities, projectRoleGrants };
  return createOver(stores, clock);
}

/** Another server of the same deployment: it shares what is stored, and nothing else. */
export function createReplica(of: MemoryIdentity, clock: Clock): MemoryIdentity {
  const { members, access, credentials, secondFactors, signInSteps, federatedIdentities, projectRoleGrants } = of;
  const stores = { members, access, credentials, secondFactors, signInSteps, federatedIdentities, projectRoleGrants };
  return createOver(stores, clock);
}

function createOver(stores: MemoryStores, clock: Clock): MemoryIdentity {
  const audit = createRecordingAudit();
  const siteUrl = () => 'https://cloister.example';
  const common = { secretWrapper: openSecretWrapper, audit, clock, logger: silentLogger, siteUrl };
  const options = { ...common, accountData: keepsNothing };
  return { ...createIdentityOver(stores, options), ...stores, audit };
}
