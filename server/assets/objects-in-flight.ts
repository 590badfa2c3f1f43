/** The ids of objects that are being saved now: they are in the bucket before their row is in the database. */
export class ObjectsInFlight {
  readonly #ids = new Set<string>();

  /** Counts the object as being saved while `work` runs. */
  async during<T>(objectId: string, work: () => Promise<T>): Promise<T> {
    this.#ids.add(objectId);
    try {
      return await work();
    } finally {
      this.#ids.delete(objectId);
    }
  }

  /** Those of this moment. */
  snapshot(): ReadonlySet<string> {
    return new Set(this.#ids);
  }

  has(objectId: string): boolean {
    return this.#ids.has(objectId);
  }
}
