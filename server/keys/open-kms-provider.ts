import type { Clock, Logger } from '../core/index.ts';
import type { Egress } from '../egress/index.ts';
import type { KmsProvider } from './kms-provider.ts';
import { kmsKindOf } from './kms-url.ts';
import { openLocalKmsProvider } from './local-kms-provider.ts';
import { parsePkcs11Url } from './pkcs11-url.ts';
import type { PassphraseSource } from './root-key-file.ts';

export type OpenKmsProviderOptions = {
  /** A KMS URL with absolute paths. */
  readonly url: string;
  /** See {@link openLocalKmsProvider}. */
  readonly mayCreate: () => Promise<boolean>;
  /** Of a root key file that is under one. */
  readonly passphrase?: PassphraseSource;
  /** What it needs to reach a KMS in the network. */
  readonly network: { readonly egress: Egress; readonly clock: Clock; readonly logger: Logger };
};

/**
 * Opens the KMS provider that a KMS URL names. What a kind needs is loaded when it is opened.
 * @throws AppError `invalid-argument` for a URL that cannot be used, and what the provider throws when it cannot be opened.
 */
export async function openKmsProvider(options: OpenKmsProviderOptions): Promise<KmsProvider> {
  const { url, mayCreate, passphrase = {}, network } = options;
  switch (kmsKindOf(url)) {
    case 'local':
      return openLocalKmsProvider({ path: url.slice('local:'.length), mayCreate, passphrase });
    case 'pkcs11': {
      const { openPkcs11KmsProvider } = await import('./pkcs11-kms-provider.ts');
      return openPkcs11KmsProvider({ address: parsePkcs11Url(url), mayCreate });
    }
    case 'vault': {
      const { openVaultKmsProvider } = await import('./vault-kms-provider.ts');
      return openVaultKmsProvider(url, network);
    }
    case 'aws-kms': {
      const { openAwsKmsProvider } = await import('./aws-kms-provider.ts');
      return openAwsKmsProvider(url, network);
    }
  }
}
