import { providerOverRootKey } from './derived-key-wrapping.ts';
import type { KmsProvider } from './kms-provider.ts';
import { readOrCreateRootKey } from './root-key-file.ts';

/**
 * The default KMS provider: one root key in a file that only its owner can read, preferably on another disk than the data.
 * It keeps backups and stolen disks of the data shut, not the machine's administrator; for that there are hardware modules.
 * @param options.path the root key file; made with its folder when missing and `mayCreate`.
 * @param options.mayCreate true only when nothing can have been sealed yet.
 * @throws AppError `failed-precondition` when the file is missing, damaged or readable by others.
 */
export async function openLocalKmsProvider(options: {
  readonly path: string;
  readonly mayCreate: boolean;
}): Promise<KmsProvider> {
  return providerOverRootKey('local', await readOrCreateRootKey(options.path, options.mayCreate));
}
