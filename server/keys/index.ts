export { type KeysConfig, keysConfig } from './config.ts';
export { createKeys, type Keys, type SecretWrapper } from './create-keys.ts';
export type { EncryptionContext } from './encryption-context.ts';
export type { KeyService, ObjectScope, WrappedObjectKey } from './key-service.ts';
export type { ProjectScope } from './key-store.ts';
export type { KmsProvider, WrappingKeyDescription, WrappingKeyState } from './kms-provider.ts';
export { sealedDataNotReadable } from './not-readable.ts';
export { ObjectKey } from './object-key.ts';
