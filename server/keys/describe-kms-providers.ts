import { isAppError } from '../core/index.ts';
import type { WrappingKeyState } from './kms-provider.ts';
import type { KmsProviders } from './kms-providers.ts';

/** What the operator is told of a KMS provider. No address and no secret. */
export type KmsProviderReport = {
  readonly id: string;
  readonly displayName: string;
  readonly kind: string;
  /** Of its default key; `not asked` where it has none. */
  readonly state: WrappingKeyState | 'unavailable' | 'not asked';
  readonly problem?: string;
};

/** Asks every provider of its default key, at once. One that does not answer is told of, not thrown. */
export function describeKmsProviders(providers: KmsProviders): Promise<KmsProviderReport[]> {
  return Promise.all(
    providers.list().map(async ({ id, displayName, kind, deploymentKeyId, provider }): Promise<KmsProviderReport> => {
      const told = { id, displayName, kind };
      if (deploymentKeyId === undefined) return { ...told, state: 'not asked' };
      try {
        return { ...told, state: (await provider.describe(deploymentKeyId)).state };
      } catch (error) {
        if (!isAppError(error)) throw error;
        return { ...told, state: 'unavailable', problem: error.message };
      }
    }),
  );
}
