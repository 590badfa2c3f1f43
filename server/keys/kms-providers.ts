import type { KmsProvider } from './kms-provider.ts';

/** A KMS provider of this deployment, as the operator named it. */
export type KmsProviderEntry = {
  /** Written beside every key that it wrapped, so it never changes. The one of `CLOISTER_KMS` has its kind as id, for example `local`. */
  readonly id: string;
  readonly displayName: string;
  /** Which kind it is, for example `vault`. */
  readonly kind: string;
  /** The accounts that may bind keys of it; absent: every account. */
  readonly accountIds?: readonly string[];
  /** The key that it has for an account without anybody naming one; undefined where keys are named by people only. */
  ownKeyOf(accountId: string): string | undefined;
  /** The key that wraps the deployment's own secrets while this is the standard provider; it always has one then. */
  readonly deploymentKeyId?: string;
  readonly provider: KmsProvider;
};

/** Every KMS provider of the deployment. */
export type KmsProviders = {
  /** The one of `CLOISTER_KMS`: it wraps where nobody bound another key, and the deployment's own secrets. */
  readonly standard: KmsProviderEntry;
  find(id: string): KmsProviderEntry | undefined;
  /** All of them, the standard one first. */
  list(): readonly KmsProviderEntry[];
  /** Those that an account may bind keys of, the standard one first. */
  listFor(accountId: string): readonly KmsProviderEntry[];
  /** Closes every provider. */
  close(): Promise<void>;
};

/** @param others ids must differ from each other's and the standard one's. */
export function createKmsProviders(standard: KmsProviderEntry, others: readonly KmsProviderEntry[] = []): KmsProviders {
  const entries = [standard, ...others];
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return {
    standard,
    find: (id) => byId.get(id),
    list: () => entries,
    listFor: (accountId) => entries.filter(({ accountIds }) => accountIds?.includes(accountId) ?? true),
    async close() {
      await Promise.allSettled(entries.map(({ provider }) => provider.close()));
    },
  };
}
