/** What one side tells and the other reads in its own time. One reader. */
export class EventQueue<T> {
  readonly #waiting: T[] = [];
  #reader: { resolve: (event: T) => void; reject: (error: unknown) => void } | undefined;
  #failure: { readonly error: unknown } | undefined;

  push(event: T): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) this.#waiting.push(event);
    else reader.resolve(event);
  }

  /** What was pushed before is still read; then reading fails. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#reader?.reject(error);
    this.#reader = undefined;
  }

  next(): Promise<T> {
    if (this.#waiting.length > 0) return Promise.resolve(this.#waiting.shift() as T);
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }
}
