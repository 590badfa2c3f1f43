export { readAwsCredentials } from './aws-credentials-file.ts';
export { type KeyProviderSettings, type KeysConfig, keyProvidersConfig, keysConfig } from './config.ts';
export { createKeys, type Keys, type SecretWrapper } from './create-keys.ts';
export { createWrappingKeys } from './create-wrapping-keys.ts';
export { describeKmsProviders, type KmsProviderReport } from './describe-kms-providers.ts';
export type { EncryptionContext } from './encryption-context.ts';
export type { KeyService, ObjectScope, WrappedObjectKey } from './key-service.ts';
export type { ProjectScope } from './key-store.ts';
export { kmsDestinations } from './kms-destinations.ts';
export type { KmsProvider, WrappingKeyDescription, WrappingKeyState } from './kms-provider.ts';
export type { KmsProviderEntry, KmsProviders } from './kms-providers.ts';
export { faultOfKmsUrl, keyFileOfKms, resolveKmsUrl } from './kms-url.ts';
export { isNotReadable, sealedDataNotReadable } from './not-readable.ts';
export { ObjectKey } from './object-key.ts';
export { createKeyInToken } from './pkcs11-kms-provider.ts';
export type { PassphraseSource } from './root-key-file.ts';
export { MIN_PASSPHRASE_CHARACTERS } from './root-key-format.ts';
export {
  changeRootKeyPassphrase,
  exportRootKey,
  type ImportedRootKey,
  importRootKey,
  isRootKeyUnderPassphrase,
} from './root-key-recovery.ts';
export type { RewrappedKey, WrappingKeyService } from './wrapping-key-service.ts';
export type { WrappingKeyStatus } from './wrapping-key-status.ts';
