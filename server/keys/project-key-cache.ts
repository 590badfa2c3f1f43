import type { Clock } from '../core/index.ts';
import type { KeyScope } from './key-binding.ts';
import type { ProjectScope } from './key-store.ts';

/** A key in memory. Once `zeroed`, whoever still holds it must ask again. */
type Unwrapped = { readonly key: Uint8Array; readonly expiresAtMs: number; timer?: NodeJS.Timeout; zeroed: boolean };

/** A key that is here, or on its way. */
type Slot = {
  readonly scope: ProjectScope;
  readonly pending: Promise<Unwrapped>;
  unwrapped?: Unwrapped;
  forgotten: boolean;
};

/**
 * Unwrapped project keys, each for a bounded time. A key is zeroed when its time is up, when it is forgotten, and at the end.
 * Callers that want the same key at once share one unwrapping.
 */
export class ProjectKeyCache {
  readonly #slots = new Map<string, Slot>();
  readonly #lifetimeMs: number;
  readonly #clock: Clock;

  constructor(options: { readonly lifetimeSeconds: number; readonly clock: Clock }) {
    this.#lifetimeMs = options.lifetimeSeconds * 1000;
    this.#clock = options.clock;
  }

  /**
   * Runs `work` with the unwrapped key.
   * @param load unwraps the key if it is not here. What it throws, every caller that waited gets, and nothing is kept.
   * @param work must be synchronous and keep no reference: the key may be zeroed in the next turn of the event loop.
   */
  async use<T>(
    scope: ProjectScope,
    keyId: string,
    load: () => Promise<Uint8Array>,
    work: (key: Uint8Array) => T,
  ): Promise<T> {
    for (;;) {
      const unwrapped = await this.#obtain(scope, keyId, load);
      if (!unwrapped.zeroed) return work(unwrapped.key);
    }
  }

  /** Zeroes the keys of the project or the whole account now. One that is being unwrapped serves those who wait for it, and is not kept. */
  forget({ accountId, projectId }: KeyScope): void {
    this.#forgetWhere(
      ({ scope }) => scope.accountId === accountId && scope.projectId === (projectId ?? scope.projectId),
    );
  }

  /** Zeroes every key. */
  close(): void {
    this.#forgetWhere(() => true);
  }

  #forgetWhere(matches: (slot: Slot) => boolean): void {
    for (const [name, slot] of [...this.#slots]) {
      if (!matches(slot)) continue;
      this.#slots.delete(name);
      slot.forgotten = true;
      if (slot.unwrapped !== undefined) zero(slot.unwrapped);
    }
  }

  #obtain(scope: ProjectScope, keyId: string, load: () => Promise<Uint8Array>): Promise<Unwrapped> {
    // The key's id alone would do for a well-behaved caller; with the whole scope a foreign project can never hit the cache.
    const name = `${scope.accountId}/${scope.projectId}/${keyId}`;
    const known = this.#slots.get(name);
    if (known !== undefined && !this.#isExpired(known)) return known.pending;
    if (known !== undefined) this.#retire(name, known);
    // Time counts from here: what `load` asked first, whether the key may be used, may be answered long before it is done.
    const expiresAtMs = this.#clock.monotonicMs() + this.#lifetimeMs;
    const slot: Slot = {
      scope,
      pending: load().then((key) => this.#keep(name, slot, key, expiresAtMs)),
      forgotten: false,
    };
    this.#slots.set(name, slot);
    slot.pending.catch(() => this.#remove(name, slot));
    return slot.pending;
  }

  #keep(name: string, slot: Slot, key: Uint8Array, expiresAtMs: number): Unwrapped {
    const unwrapped: Unwrapped = { key, expiresAtMs, zeroed: false };
    slot.unwrapped = unwrapped;
    const leftMs = slot.forgotten ? 0 : Math.max(0, expiresAtMs - this.#clock.monotonicMs());
    // The timer zeroes also when nobody asks again. Those who wait now run before it, even with a lifetime of 0.
    unwrapped.timer = setTimeout(() => this.#retire(name, slot), leftMs);
    unwrapped.timer.unref();
    return unwrapped;
  }

  #isExpired(slot: Slot): boolean {
    return slot.unwrapped !== undefined && this.#clock.monotonicMs() >= slot.unwrapped.expiresAtMs;
  }

  /** Takes the key out of use now, and zeroes it when callers that were just handed it have run. */
  #retire(name: string, slot: Slot): void {
    this.#remove(name, slot);
    const { unwrapped } = slot;
    if (unwrapped !== undefined) setImmediate(() => zero(unwrapped));
  }

  #remove(name: string, slot: Slot): void {
    if (this.#slots.get(name) === slot) this.#slots.delete(name);
  }
}

function zero(unwrapped: Unwrapped): void {
  clearTimeout(unwrapped.timer);
  unwrapped.key.fill(0);
  unwrapped.zeroed = true;
}
