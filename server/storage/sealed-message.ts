import { createHash } from 'node:crypto';
import { type Duplex, PassThrough, Readable } from 'node:stream';
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node';
import { AppError } from '../core/index.ts';
import { type EncryptionContext, type ObjectKey, sealedDataNotReadable } from '../keys/index.ts';

/**
 * The format of sealed objects: an AWS Encryption SDK message, version 2, so that its published specification and libraries in five
 * languages can read it (given the object key). Key commitment: a ciphertext opens under one key only. No signature: whoever may write
 * also holds the key, so it would prove nothing, and it costs half the speed.
 */
const SUITE = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

/**
 * Plaintext bytes a frame: what is held in memory, and the smallest part that is authenticated and handed on. Each frame costs the SDK some
 * turns of the event loop, so that frames of 256 KiB take twice the time. Messages with smaller ones, as they once were, open all the same.
 */
export const FRAME_LENGTH_BYTES = 1024 * 1024;

const esdk = buildClient({
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  maxEncryptedDataKeys: 1,
});

/** An object key as the SDK takes it, for all messages of one object. It keeps a copy, which goes with it. */
export type MessageKey = RawAesKeyringNode;

/** The caller zeroes the object key as soon as this returns. The keyring keeps a `KeyObject` of its own and zeroes what it is given. */
export function messageKeyOf(key: ObjectKey): MessageKey {
  return new RawAesKeyringNode({
    keyNamespace: 'cloister',
    keyName: 'object-key',
    unencryptedMasterKey: key.copyBytes(),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
}

/** What a message may say that it is. */
export type AcceptedContext = {
  readonly context: EncryptionContext;
  /**
   * True: the bytes must have the digest that was remembered too. Only where the context leaves it open which of several messages this is:
   * authentication has said all else, and a second reading of every byte costs half the speed.
   */
  readonly needsDigest: boolean;
};

/** What was sealed, as the database remembers it. */
export type SealedBytes = { readonly sealedSizeBytes: number; readonly sealedSha256: Uint8Array };

/** Counts and hashes sealed bytes on their way. */
export class SealedBytesMeter {
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  async *measure(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of pieces) {
      this.#sizeBytes += piece.length;
      this.#hash.update(piece);
      yield piece;
    }
  }

  /** Once, after the last byte. */
  result(): SealedBytes {
    return { sealedSizeBytes: this.#sizeBytes, sealedSha256: this.#hash.digest() };
  }
}

/**
 * Encrypts a stream, in constant memory.
 * @param context goes into the message's header, authenticated and readable: identifiers only.
 * @returns the sealed bytes. What `plaintext` throws comes out as it is.
 */
export function sealStream(
  plaintext: AsyncIterable<Uint8Array>,
  key: MessageKey,
  context: EncryptionContext,
): AsyncIterable<Uint8Array> {
  const stream = esdk.encryptStream(key, {
    suiteId: SUITE,
    frameLength: FRAME_LENGTH_BYTES,
    encryptionContext: { ...context },
  });
  return run(inFrames(plaintext), stream);
}

/** Content in pieces of a frame each: the SDK waits a turn of the event loop for every piece that a frame is made of. */
async function* inFrames(plaintext: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  for await (const piece of plaintext) {
    let rest = piece;
    while (waitingBytes + rest.length >= FRAME_LENGTH_BYTES) {
      const end = FRAME_LENGTH_BYTES - waitingBytes;
      const last = rest.subarray(0, end);
      yield waiting.length === 0 ? last : Buffer.concat([...waiting, last]);
      rest = rest.subarray(end);
      waiting = [];
      waitingBytes = 0;
    }
    if (rest.length === 0) continue;
    waiting.push(rest);
    waitingBytes += rest.length;
  }
  if (waitingBytes > 0) yield Buffer.concat(waiting);
}

/**
 * Decrypts a stream, in constant memory. Each piece it gives was authenticated before; that nothing is missing or added is known when it
 * ends without an error, so whoever acts on a whole object must wait for the end.
 * @param expected size and digest that were remembered at sealing. The size always counts: the SDK itself ignores bytes after its last
 *   frame.
 * @param accepted the message must say one of these of itself
 * @throws AppError `failed-precondition` (`sealedDataNotReadable`), one message for every cause. What the source itself throws (the
 *   storage is gone) comes out as it is.
 */
export function openStream(
  sealed: AsyncIterable<Uint8Array>,
  expected: SealedBytes,
  key: MessageKey,
  accepted: readonly AcceptedContext[],
): AsyncIterable<Uint8Array> {
  const stream = esdk.decryptUnsignedMessageStream(key, { maxBodySize: FRAME_LENGTH_BYTES });
  let found: AcceptedContext | undefined;
  stream.once('MessageHeader', (header: { readonly encryptionContext: EncryptionContext }) => {
    // The SDK authenticates the header's context but does not know which one we want.
    found = accepted.find(({ context }) => isSameContext(header.encryptionContext, context));
  });
  const needsDigest = () => found === undefined || found.needsDigest;
  return checkedPlaintext(run(exactly(sealed, expected, needsDigest), stream), () => found !== undefined);
}

async function* checkedPlaintext(
  plaintext: AsyncIterable<Uint8Array>,
  isAccepted: () => boolean,
): AsyncIterable<Uint8Array> {
  try {
    for await (const piece of plaintext) {
      if (!isAccepted()) throw new Error('sealed for another place');
      yield piece;
    }
    if (!isAccepted()) throw new Error('sealed for another place');
  } catch (error) {
    throw error instanceof AppError ? error : sealedDataNotReadable(error);
  }
}

/**
 * Passes the bytes on, and fails unless they are as many and the same as were sealed.
 * @param needsDigest asked when more is wanted after a piece, when its header may have been read; once false, it stays so
 */
async function* exactly(
  sealed: AsyncIterable<Uint8Array>,
  expected: SealedBytes,
  needsDigest: () => boolean,
): AsyncIterable<Uint8Array> {
  let remaining = expected.sealedSizeBytes;
  const hash = createHash('sha256');
  for await (const piece of sealed) {
    remaining -= piece.length;
    // The SDK would gather what comes after the last frame in memory, however much it is.
    if (remaining < 0) throw new Error('more bytes than were sealed');
    yield piece;
    if (needsDigest()) hash.update(piece);
  }
  if (remaining > 0) throw new Error('fewer bytes than were sealed');
  if (needsDigest() && !hash.digest().equals(expected.sealedSha256)) throw new Error('other bytes than were sealed');
}

/**
 * Sends a source through one of the SDK's streams and gives what comes out. An error on either side ends both; so does leaving early.
 * The SDK's streams are never destroyed: destroying its encrypting stream half-way makes a stream inside it throw "Premature close" where
 * nobody can catch it, and that would end the process. They are ended, and what they still give is thrown away.
 */
async function* run(source: AsyncIterable<Uint8Array>, stream: Duplex): AsyncIterable<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  const output = new PassThrough();
  // The first error counts. The SDK's streams may report more than one, and none may go without a listener.
  const fail = (error: Error) => output.destroy(error);
  input.on('error', fail);
  stream.on('error', fail);
  input.pipe(stream).pipe(output);
  try {
    for await (const piece of output) yield piece;
  } finally {
    input.unpipe(stream);
    input.destroy();
    stream.unpipe(output);
    stream.end();
    stream.resume();
  }
}

function isSameContext(found: EncryptionContext, wanted: EncryptionContext): boolean {
  const names = Object.keys(wanted);
  return Object.keys(found).length === names.length && names.every((name) => found[name] === wanted[name]);
}
