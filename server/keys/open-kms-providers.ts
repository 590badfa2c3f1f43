import { AppError, type Clock, isAppError, type Logger, loggableError } from '../core/index.ts';
import type { Egress } from '../egress/index.ts';
import { parseAwsKmsUrl } from './aws-kms-url.ts';
import type { KeyProviderSettings } from './config.ts';
import { createKmsProviders, type KmsProviderEntry, type KmsProviders } from './kms-providers.ts';
import { type KmsKind, kmsKindOf } from './kms-url.ts';
import { openKmsProvider } from './open-kms-provider.ts';
import { parsePkcs11Url } from './pkcs11-url.ts';
import { createReopeningKmsProvider } from './reopening-kms-provider.ts';
import type { PassphraseSource } from './root-key-file.ts';
import { parseVaultUrl } from './vault-url.ts';

export type OpenKmsProvidersOptions = {
  /** The standard one's URL. */
  readonly url: string;
  readonly others: readonly KeyProviderSettings[];
  /** Whether the standard one may make its root key, and whether another one may. Asked only when there is none. */
  readonly mayCreate: { standard(): Promise<boolean>; other(providerId: string): Promise<boolean> };
  /** Of root key files. Only for the standard one somebody is asked. */
  readonly passphrase?: PassphraseSource;
  readonly network: { readonly egress: Egress; readonly clock: Clock; readonly logger: Logger };
};

/**
 * Opens the KMS providers of the deployment. One beside the standard one that cannot be opened now is opened when it is next needed: only
 * who bound keys of it waits for it.
 * @throws AppError that says why the standard one cannot be used, or lacks the key that the deployment's own secrets need.
 */
export async function openKmsProviders(options: OpenKmsProvidersOptions): Promise<KmsProviders> {
  const { network, mayCreate, passphrase = {} } = options;
  const given = passphrase.given === undefined ? {} : { given: passphrase.given };
  const standard = await openStandardProvider(options);
  const others = await Promise.all(
    options.others.map(async (settings): Promise<KmsProviderEntry> => {
      const { id, accounts } = settings;
      const provider = createReopeningKmsProvider(kmsKindOf(settings.url), () =>
        openKmsProvider({ url: settings.url, mayCreate: () => mayCreate.other(id), passphrase: given, network }),
      );
      await provider.open().catch((error: unknown) => {
        network.logger.warn('a key provider cannot be opened', { providerId: id, error: loggableError(error) });
      });
      return {
        id,
        displayName: settings.displayName,
        provider,
        ...keysOf(settings.url),
        ...(accounts === undefined ? {} : { accountIds: accounts }),
      };
    }),
  );
  return createKmsProviders(standard, others);
}

async function openStandardProvider(options: OpenKmsProvidersOptions): Promise<KmsProviderEntry> {
  const { url, mayCreate, passphrase = {}, network } = options;
  const kind = kmsKindOf(url);
  const keys = keysOf(url);
  const { deploymentKeyId } = keys;
  if (deploymentKeyId === undefined) {
    throw new AppError(
      'invalid-argument',
      'CLOISTER_KMS: name the default key too; the own secrets of Cloister need one.',
    );
  }
  const provider = await openKmsProvider({ url, mayCreate: mayCreate.standard, passphrase, network });
  try {
    await provider.describe(deploymentKeyId);
  } catch (error) {
    await provider.close();
    if (!isAppError(error)) throw error;
    throw new AppError(error.code, `CLOISTER_KMS: ${error.message}`, { details: error.details, cause: error });
  }
  return { id: kind, displayName: DISPLAY_NAMES[kind], provider, ...keys, deploymentKeyId };
}

const DISPLAY_NAMES: Readonly<Record<KmsKind, string>> = {
  local: 'Root key file',
  pkcs11: 'Hardware module',
  'aws-kms': 'AWS KMS',
  vault: 'Vault',
};

/** Which keys a provider has without anybody naming one. A root key file has one for each account, the others have the one of their URL. */
function keysOf(url: string): Pick<KmsProviderEntry, 'kind' | 'ownKeyOf' | 'deploymentKeyId'> {
  const kind = kmsKindOf(url);
  if (kind === 'local') {
    return { kind, ownKeyOf: (accountId) => `account/${accountId}`, deploymentKeyId: 'deployment' };
  }
  const key = defaultKeyOf(kind, url);
  return { kind, ownKeyOf: () => key, ...(key === undefined ? {} : { deploymentKeyId: key }) };
}

function defaultKeyOf(kind: Exclude<KmsKind, 'local'>, url: string): string | undefined {
  if (kind === 'pkcs11') return parsePkcs11Url(url).object;
  if (kind === 'aws-kms') return parseAwsKmsUrl(url).defaultKey;
  return parseVaultUrl(url).defaultKey;
}
