export type Closer = () => Promise<void> | void;

/** What must be closed at the end, in the reverse of the order in which it was opened. */
export class Closers {
  readonly #closers: Closer[] = [];

  push(closer: Closer): void {
    this.#closers.push(closer);
  }

  /** One that fails keeps none of the others open: the database is among them. */
  async close(): Promise<void> {
    const faults: unknown[] = [];
    for (const closer of this.#closers.splice(0).reverse()) {
      try {
        await closer();
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (faults.length > 0) throw new AggregateError(faults, 'closing failed');
  }
}
