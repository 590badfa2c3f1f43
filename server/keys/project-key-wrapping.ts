import { type Clock, isAppError } from '../core/index.ts';
import { requireProvider, wrappingKeyIdOf, wrappingKeyOf } from './applicable-key.ts';
import type { EncryptionContext } from './encryption-context.ts';
import type { WrappingKey } from './key-binding.ts';
import type { NewWrapping, ProjectKeyRecord, ProjectScope } from './key-store.ts';
import { KEY_LENGTH_BYTES } from './key-wrap.ts';
import type { KmsProviders } from './kms-providers.ts';
import { sealedDataNotReadable } from './not-readable.ts';

/** Wraps and unwraps project keys by whichever provider it takes. Nothing of it belongs into a transaction. */
export type ProjectKeyWrapping = {
  /** @param known what {@link presentVersion} told, for whoever wraps many keys; without it the KMS is asked for the version first */
  wrap(
    key: WrappingKey,
    owner: OwnerOfProjectKey,
    projectKey: Uint8Array,
    known?: { readonly version: number | undefined },
  ): Promise<NewWrapping>;
  /** By the provider and key that the record names, whatever is bound now. The caller zeroes what it gets. */
  unwrap(record: ProjectKeyRecord): Promise<Uint8Array>;
  /** The version that wraps now; undefined where the KMS does not tell. */
  presentVersion(key: WrappingKey): Promise<number | undefined>;
};

/** The project that a project key is of, and the key's own id. */
export type OwnerOfProjectKey = ProjectScope & { readonly id: string };

export function createProjectKeyWrapping(options: {
  readonly providers: KmsProviders;
  readonly clock: Clock;
}): ProjectKeyWrapping {
  const { providers, clock } = options;

  async function presentVersion({ providerId, keyId }: WrappingKey): Promise<number | undefined> {
    try {
      return (await requireProvider(providers, providerId).provider.describe(keyId)).keyVersion;
    } catch (error) {
      // Who may wrap by a key may not always look at it; whether it can be used shows when it is.
      if (isAppError(error)) return undefined;
      throw error;
    }
  }

  return {
    presentVersion,
    async wrap(key, owner, projectKey, known) {
      // Asked before: if a new version comes between, the older one is noted, and the next rotation wraps once more than it must.
      const { version } = known ?? { version: await presentVersion(key) };
      const { provider } = requireProvider(providers, key.providerId);
      const wrappedKey = await provider.wrap(key.keyId, projectKey, projectKeyContext(owner));
      return {
        wrappingKeyId: wrappingKeyIdOf(key),
        wrappedKey,
        wrappedAt: clock.now(),
        ...(version === undefined ? {} : { wrappingKeyVersion: version }),
      };
    },
    async unwrap(record) {
      const { providerId, keyId } = wrappingKeyOf(record);
      const { provider } = requireProvider(providers, providerId);
      const key = await provider.unwrap(keyId, record.wrappedKey, projectKeyContext(record));
      if (key.length === KEY_LENGTH_BYTES) return key;
      key.fill(0);
      throw sealedDataNotReadable();
    },
  };
}

/** Authenticated with every wrapped project key: never changes without another version. */
function projectKeyContext({ accountId, projectId, id }: OwnerOfProjectKey): EncryptionContext {
  return { account: accountId, project: projectId, projectKey: id, purpose: 'project-key', version: '1' };
}
