import { type KmsProvider, providerClosed } from './kms-provider.ts';

/**
 * A KMS provider that need not be there yet: it is opened when it is first used, and tried again at every use until that succeeds.
 * What opening throws, the use throws.
 */
export type ReopeningKmsProvider = KmsProvider & {
  /** Opens it now, if it is not open. @throws what opening throws */
  open(): Promise<void>;
};

/** @param name what {@link KmsProvider.name} of the opened one is */
export function createReopeningKmsProvider(name: string, open: () => Promise<KmsProvider>): ReopeningKmsProvider {
  let opened: KmsProvider | undefined;
  let opening: Promise<KmsProvider> | undefined;
  let isClosed = false;

  async function openOnce(): Promise<KmsProvider> {
    const provider = await open();
    if (isClosed) {
      await provider.close();
      throw providerClosed();
    }
    opened = provider;
    return provider;
  }

  async function provider(): Promise<KmsProvider> {
    if (isClosed) throw providerClosed();
    if (opened !== undefined) return opened;
    opening ??= openOnce().finally(() => {
      opening = undefined;
    });
    return opening;
  }

  return {
    name,
    async open() {
      await provider();
    },
    wrap: async (keyId, plaintext, context) => (await provider()).wrap(keyId, plaintext, context),
    unwrap: async (keyId, wrapped, context) => (await provider()).unwrap(keyId, wrapped, context),
    describe: async (keyId) => (await provider()).describe(keyId),
    /** Known once it is open: only then it can be called, too. */
    get newVersion() {
      return opened?.newVersion?.bind(opened);
    },
    async close() {
      isClosed = true;
      await opened?.close();
    },
  };
}
