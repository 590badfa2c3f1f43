/** Port: wraps a small secret of the deployment before it is stored. main joins it with the KMS provider. */
export type SecretWrapper = {
  wrap(bytes: Uint8Array, context: Readonly<Record<string, string>>): Promise<Uint8Array>;
  /** @throws AppError `failed-precondition` for other bytes or another context. */
  unwrap(wrapped: Uint8Array, context: Readonly<Record<string, string>>): Promise<Uint8Array>;
};
