import { AppError } from '../core/index.ts';
import type { KmsProvider } from './kms-provider.ts';
import { openLocalKmsProvider } from './local-kms-provider.ts';

/**
 * Opens the KMS provider that a `CLOISTER_KMS` URL names.
 * @param options.mayCreate see {@link openLocalKmsProvider}.
 * @throws AppError `invalid-argument` for a kind that there is not.
 */
export async function openKmsProvider(options: {
  readonly url: string;
  readonly mayCreate: boolean;
}): Promise<KmsProvider> {
  const [, kind, rest] = /^([a-z0-9-]+):(.+)$/s.exec(options.url) ?? [];
  if (kind === 'local' && rest !== undefined) {
    return openLocalKmsProvider({ path: rest, mayCreate: options.mayCreate });
  }
  throw new AppError('invalid-argument', 'CLOISTER_KMS: must be "local:" and the path of the root key file.');
}
