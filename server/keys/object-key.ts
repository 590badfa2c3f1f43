import { AppError } from '../core/index.ts';
import { KEY_LENGTH_BYTES } from './key-wrap.ts';

/** The key of one sealed object, 256 random bits. Use it with `using`: it is zeroed at the end of the block. */
export class ObjectKey implements Disposable {
  readonly #bytes: Uint8Array;
  #zeroed = false;

  /** @param bytes 32 bytes, which this object owns from now on. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== KEY_LENGTH_BYTES) throw new AppError('internal', 'An object key must have 32 bytes.');
    this.#bytes = bytes;
  }

  /** A copy that the caller zeroes. @throws AppError `internal` after the key was zeroed: nothing may be sealed under zeros. */
  copyBytes(): Uint8Array {
    if (this.#zeroed) throw new AppError('internal', 'This object key was used after its end.');
    return Uint8Array.from(this.#bytes);
  }

  [Symbol.dispose](): void {
    this.#bytes.fill(0);
    this.#zeroed = true;
  }
}
