import { ReadableStream } from 'node:stream/web';
import { Encrypter } from 'age-encryption';
import { invalidField } from '../../core/index.ts';

export type Encryption = (content: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/**
 * Encrypts to an age recipient as the content comes (64 KiB at a time), in constant memory.
 * @throws AppError `invalid-argument` for what is no X25519 recipient (`age1…`)
 */
export function encryptionTo(recipient: string): Encryption {
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch {
    throw invalidField('recipient', 'must be an age recipient (age1…), as `age-keygen` shows it');
  }
  return async function* (content) {
    const stream = ReadableStream.from(content) as Parameters<Encrypter['encrypt']>[0] & globalThis.ReadableStream;
    yield* (await encrypter.encrypt(stream)) as unknown as AsyncIterable<Uint8Array>;
  };
}
