import { DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { type Clock, isAppError, type Logger } from '../core/index.ts';
import { AWS_CLIENT_SETTINGS, createAwsRequestHandler, type Egress } from '../egress/index.ts';
import { readAwsCredentials } from './aws-credentials-file.ts';
import { type AwsKmsOperation, awsFailure, awsKeyMissing } from './aws-kms-errors.ts';
import { type AwsKmsAddress, isAwsKeyId, parseAwsKmsUrl } from './aws-kms-url.ts';
import type { EncryptionContext } from './encryption-context.ts';
import { type KmsProvider, providerClosed, requireWrappable } from './kms-provider.ts';
import { sealedDataNotReadable } from './not-readable.ts';
import { CALL_LIMIT_MS, MOST_ATTEMPTS } from './retries.ts';

/**
 * Wrapped form: format (1 byte) · AWS's CiphertextBlob, which names the key and its version. AWS does not encrypt nothing: an empty plaintext
 * is one byte of value 0 with an entry more in its context, and has the second format.
 */
const FORMAT = 1;
const FORMAT_OF_NOTHING = 2;
const CONTEXT_OF_NOTHING = { 'cloister-format': String(FORMAT_OF_NOTHING) };

/** AWS's states of a key; in every other one it cannot be used now. */
const STATES: Readonly<Record<string, 'enabled' | 'destroyed'>> = {
  Enabled: 'enabled',
  PendingDeletion: 'destroyed',
  PendingReplicaDeletion: 'destroyed',
};

/**
 * Keys in AWS KMS, or what speaks its API. A `keyId` is a symmetric key's ARN or id, or an alias; better not an alias, since pointing it at
 * another key would leave what the first one wrapped shut. The context goes to AWS as it is (its log shows it) and is authenticated there.
 * Versions are AWS's own affair: it makes them, by itself or by its people, and never tells their number.
 * @param url see {@link parseAwsKmsUrl}. AWS is not asked before the first call, and the credentials are only those of the file.
 */
export async function openAwsKmsProvider(
  url: string,
  { egress, clock, logger }: { readonly egress: Egress; readonly clock: Clock; readonly logger: Logger },
): Promise<KmsProvider> {
  const address = parseAwsKmsUrl(url);
  const closing = new AbortController();
  const client = new KMSClient({
    ...AWS_CLIENT_SETTINGS,
    region: address.region,
    endpoint: address.endpoint,
    credentials: () => credentialsOf(address, clock),
    requestHandler: await createAwsRequestHandler({ egress, logger }),
    maxAttempts: MOST_ATTEMPTS,
  });

  /** @param work one call of the client, with the signal that ends it */
  async function ask<Answer>(
    keyId: string,
    operation: AwsKmsOperation,
    work: (signal: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> {
    if (!isAwsKeyId(keyId)) throw awsKeyMissing(keyId, operation);
    if (closing.signal.aborted) throw providerClosed();
    const abortSignal = AbortSignal.any([closing.signal, AbortSignal.timeout(CALL_LIMIT_MS)]);
    try {
      return await work({ abortSignal });
    } catch (error) {
      throw closing.signal.aborted ? providerClosed() : awsFailure(error, keyId, operation);
    }
  }

  async function encrypt(keyId: string, plaintext: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    const command = new EncryptCommand({ KeyId: keyId, Plaintext: plaintext, EncryptionContext: context });
    const { CiphertextBlob: blob } = await ask(keyId, 'wrap', (signal) => client.send(command, signal));
    if (blob === undefined) throw awsFailure(undefined, keyId, 'wrap');
    return blob;
  }

  async function decrypt(keyId: string, blob: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    const command = new DecryptCommand({ KeyId: keyId, CiphertextBlob: blob, EncryptionContext: context });
    const { Plaintext: plaintext } = await ask(keyId, 'unwrap', (signal) => client.send(command, signal));
    if (plaintext === undefined) throw sealedDataNotReadable();
    return plaintext;
  }

  /**
   * AWS answers with one denial when it may not decrypt by the key, and when the ciphertext names a key that is not there: what is encrypted
   * now tells which of them it is.
   */
  async function mayDecrypt(keyId: string, context: EncryptionContext): Promise<boolean> {
    try {
      await decrypt(keyId, await encrypt(keyId, Buffer.alloc(1), context), context);
      return true;
    } catch (error) {
      if (isAppError(error, 'permission-denied')) return false;
      throw error;
    }
  }

  return {
    name: 'aws-kms',
    async wrap(keyId: string, plaintext: Uint8Array, context: EncryptionContext) {
      requireWrappable(plaintext);
      const blob =
        plaintext.length === 0
          ? await encrypt(keyId, Buffer.alloc(1), { ...context, ...CONTEXT_OF_NOTHING })
          : await encrypt(keyId, plaintext, context);
      return Buffer.concat([Buffer.of(plaintext.length === 0 ? FORMAT_OF_NOTHING : FORMAT), blob]);
    },
    async unwrap(keyId: string, wrapped: Uint8Array, context: EncryptionContext) {
      const [format] = wrapped;
      if (wrapped.length < 2 || (format !== FORMAT && format !== FORMAT_OF_NOTHING)) throw sealedDataNotReadable();
      const isNothing = format === FORMAT_OF_NOTHING;
      const wholeContext = isNothing ? { ...context, ...CONTEXT_OF_NOTHING } : context;
      try {
        const plaintext = await decrypt(keyId, wrapped.subarray(1), wholeContext);
        return isNothing ? new Uint8Array() : plaintext;
      } catch (error) {
        if (!isAppError(error, 'permission-denied') || !(await mayDecrypt(keyId, wholeContext))) throw error;
        throw sealedDataNotReadable(error);
      }
    },
    async describe(keyId: string) {
      const command = new DescribeKeyCommand({ KeyId: keyId });
      const { KeyMetadata: key } = await ask(keyId, 'describe', (signal) => client.send(command, signal));
      return { state: STATES[key?.KeyState ?? ''] ?? 'disabled' };
    },
    async close() {
      closing.abort();
      client.destroy();
    },
  };
}

/** How long credentials are used before the file is read again, so that whoever renews them only writes it. */
const CREDENTIALS_LAST_MS = 10 * 60 * 1000;

async function credentialsOf({ secretFile }: AwsKmsAddress, clock: Clock) {
  const credentials = readAwsCredentials(secretFile, 'the AWS KMS key provider');
  return { ...credentials, expiration: new Date(clock.now().getTime() + CREDENTIALS_LAST_MS) };
}
