import { newId } from '../core/index.ts';

/** The ids in the bucket of what is being saved now: the bytes are there before their row is in the database. */
export class ObjectsInFlight {
  readonly #ids = new Set<string>();

  /** @param work counts what it makes ids for as being saved, until it ends */
  async during<T>(work: (newStoredId: () => string) => Promise<T>): Promise<T> {
    const made: string[] = [];
    try {
      return await work(() => {
        const id = newId();
        made.push(id);
        this.#ids.add(id);
        return id;
      });
    } finally {
      for (const id of made) this.#ids.delete(id);
    }
  }

  /** Those of this moment. */
  snapshot(): ReadonlySet<string> {
    return new Set(this.#ids);
  }

  has(storedId: string): boolean {
    return this.#ids.has(storedId);
  }
}
