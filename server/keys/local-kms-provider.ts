import { providerOverRootKey } from './derived-key-wrapping.ts';
import type { KmsProvider } from './kms-provider.ts';
import { type PassphraseSource, readOrCreateRootKey } from './root-key-file.ts';

/**
 * The default KMS provider: one root key in a file that only its owner can read, preferably on another disk than the data.
 * It keeps backups and stolen disks of the data shut, not the machine's administrator; for that there are hardware modules.
 * @param options.path the root key file; made with its folder when missing and `mayCreate`.
 * @param options.mayCreate asked when the file is missing: true only when nothing can have been sealed yet.
 * @param options.passphrase of the file, where it is under one.
 * @throws AppError `failed-precondition` when the file is missing, damaged or readable by others, or its passphrase is not there;
 *   `permission-denied` when it is another one.
 */
export async function openLocalKmsProvider(options: {
  readonly path: string;
  readonly mayCreate: () => Promise<boolean>;
  readonly passphrase?: PassphraseSource;
}): Promise<KmsProvider> {
  return providerOverRootKey('local', await readOrCreateRootKey(options.path, options.mayCreate, options.passphrase));
}
