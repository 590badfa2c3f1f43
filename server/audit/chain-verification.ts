import type { AuditStore, ChainEnd, ChainedEvent, Checkpoint } from './audit-store.ts';
import { type ChainHead, type CheckpointSigner, type Statement, statementText } from './checkpoint-signer.ts';
import { genesisHead, hashEvent, instantText } from './event-hash.ts';

/** Every so many events a checkpoint is signed. */
export const CHECKPOINT_INTERVAL = 100;

const BATCH = 1000;

export type ChainFault = {
  readonly kind:
    | 'altered'
    | 'removed'
    | 'out-of-order'
    | 'head-differs'
    | 'signature-not-valid'
    | 'checkpoint-differs'
    | 'anchor-missing';
  readonly sequence: number;
  readonly detail: string;
};

export type ChainVerification = {
  readonly accountId: string;
  /** How many events were checked, and the sequences of the first and the last one. */
  readonly events: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** The end of the chain; given to a later verification as its anchor, it shows that nobody put an older chain in its place. */
  readonly head: ChainHead | undefined;
  readonly faults: readonly ChainFault[];
};

/** Reads the whole chain of an account and tells everything in it that does not fit. Events may be added meanwhile. */
export async function verifyChain(options: {
  readonly store: AuditStore;
  readonly signer: CheckpointSigner;
  readonly accountId: string;
  readonly anchor?: ChainHead;
}): Promise<ChainVerification> {
  const { store, signer, accountId, anchor } = options;
  await signer.ready();
  const walk = new ChainWalk(accountId, anchor);
  let events: readonly ChainedEvent[];
  do {
    events = await store.readChain(accountId, walk.last?.sequence, BATCH);
    for (const event of events) walk.step(event);
    // Behind a number that none can follow there is no next batch.
  } while (events.length === BATCH && (walk.last?.sequence ?? 0) < Number.MAX_SAFE_INTEGER);
  const end = await store.readEnd(accountId, walk.last?.sequence);
  for (const event of end.events) walk.step(event);
  const faults = await walk.finish(end, (signature) => signer.open(signature));
  const head = end.head === undefined ? undefined : { sequence: end.head.sequence, hash: end.head.hash };
  return { accountId, events: walk.count, first: walk.first?.sequence, last: walk.last?.sequence, head, faults };
}

/** Goes along a chain event by event; where it began, where it has holes and where it ends is judged when its checkpoints are known. */
class ChainWalk {
  count = 0;
  first: ChainedEvent | undefined;
  last: ChainedEvent | undefined;
  readonly #accountId: string;
  readonly #anchor: ChainHead | undefined;
  readonly #faults: ChainFault[] = [];
  readonly #holes: { readonly from: number; readonly next: ChainedEvent }[] = [];
  /** Hashes that are asked for in the end, by sequence. */
  readonly #hashes = new Map<number, string>();

  constructor(accountId: string, anchor: ChainHead | undefined) {
    this.#accountId = accountId;
    this.#anchor = anchor;
  }

  step(event: ChainedEvent): void {
    const { sequence } = event;
    const before = this.last ?? genesisHead(this.#accountId);
    if (sequence > before.sequence + 1) this.#holes.push({ from: before.sequence + 1, next: event });
    else if (sequence <= before.sequence)
      this.#tell('out-of-order', sequence, `Event ${sequence} comes after event ${before.sequence}.`);
    else if (event.previousHash !== before.hash) this.#tell('out-of-order', sequence, doesNotFollow(sequence));
    if (hashEvent(event) !== event.hash)
      this.#tell('altered', sequence, `Event ${sequence} is not as it was recorded: its hash does not fit.`);
    if (sequence % CHECKPOINT_INTERVAL === 0 || sequence === this.#anchor?.sequence)
      this.#hashes.set(sequence, event.hash);
    this.first ??= event;
    this.last = event;
    this.count += 1;
  }

  /** @param open what a signature is over, or undefined if it is not valid */
  async finish(
    { head, checkpoints }: ChainEnd,
    open: (signature: string) => Promise<string | undefined>,
  ): Promise<readonly ChainFault[]> {
    const signed: Checkpoint[] = [];
    for (const checkpoint of checkpoints) {
      const { isTrim, at, signature, sequence } = checkpoint;
      const statement = this.#statement(isTrim ? 'trim' : 'checkpoint', checkpoint, instantText(at));
      if ((await open(signature)) === statementText(statement)) signed.push(checkpoint);
      else
        this.#tell(
          'signature-not-valid',
          sequence,
          `The signature of the checkpoint at event ${sequence} is not valid.`,
        );
    }
    this.#checkHoles(signed);
    this.#checkCheckpoints(signed);
    await this.#checkHead(head, open);
    this.#checkAnchor(signed);
    return this.#faults.toSorted((one, other) => one.sequence - other.sequence);
  }

  /** A hole is right where a signed checkpoint says that everything up to its end was removed by the account's own retention. */
  #checkHoles(checkpoints: readonly Checkpoint[]): void {
    for (const { from, next } of this.#holes) {
      const until = next.sequence - 1;
      const trim = checkpoints.findLast(({ isTrim, sequence }) => isTrim && sequence <= until);
      if (trim?.sequence !== until) this.#tellRemoved(Math.max(from, (trim?.sequence ?? 0) + 1), until);
      else if (trim.hash !== next.previousHash) this.#tell('out-of-order', next.sequence, doesNotFollow(next.sequence));
    }
  }

  #checkCheckpoints(checkpoints: readonly Checkpoint[]): void {
    const last = this.last?.sequence ?? 0;
    const made = new Set<number>();
    for (const { isTrim, sequence, hash } of checkpoints) {
      if (!isTrim) made.add(sequence);
      const found = this.#hashes.get(sequence);
      if (sequence > last)
        this.#tell(
          'checkpoint-differs',
          sequence,
          `There is a checkpoint at event ${sequence}, which the chain does not reach.`,
        );
      else if (found !== undefined && found !== hash)
        this.#tell(
          'checkpoint-differs',
          sequence,
          `Event ${sequence} is another one than when its checkpoint was signed.`,
        );
    }
    for (const sequence of this.#hashes.keys()) {
      if (sequence % CHECKPOINT_INTERVAL === 0 && !made.has(sequence))
        this.#tell('checkpoint-differs', sequence, `The signed checkpoint at event ${sequence} is missing.`);
    }
  }

  async #checkHead(head: ChainEnd['head'], open: (signature: string) => Promise<string | undefined>): Promise<void> {
    const last = this.last ?? { sequence: 0, hash: '' };
    if (head === undefined) {
      if (this.last !== undefined) this.#tell('head-differs', last.sequence, 'The signed end of the chain is missing.');
      return;
    }
    if (head.sequence > last.sequence) this.#tellRemoved(last.sequence + 1, head.sequence);
    else if (head.sequence < last.sequence || head.hash !== last.hash) {
      const detail = `The signed end of the chain is event ${head.sequence}, and is not the last event that is there (${last.sequence}).`;
      this.#tell('head-differs', head.sequence, detail);
    }
    const text = await open(head.signature);
    const at = text === undefined ? '' : instantOf(text);
    if (text !== statementText(this.#statement('head', head, at)))
      this.#tell('signature-not-valid', head.sequence, 'The signature of the end of the chain is not valid.');
  }

  #checkAnchor(checkpoints: readonly Checkpoint[]): void {
    if (this.#anchor === undefined || this.#anchor.sequence === 0) return;
    const { sequence, hash } = this.#anchor;
    const trim = checkpoints.findLast(({ isTrim }) => isTrim);
    // Removed by retention since then; the hash is known only of the last one that was.
    const isTrimmed =
      trim !== undefined && (trim.sequence > sequence || (trim.sequence === sequence && trim.hash === hash));
    if (this.#hashes.get(sequence) === hash || (isTrimmed && !this.#hashes.has(sequence))) return;
    const detail = `An earlier verification found the chain ending with another event ${sequence}: an older state of the database was put in its place, or the chain was written anew.`;
    this.#tell('anchor-missing', sequence, detail);
  }

  #statement(type: Statement['type'], { sequence, hash }: ChainHead, at: string): Statement {
    return { type, account: this.#accountId, sequence, hash, at };
  }

  #tellRemoved(from: number, to: number): void {
    this.#tell('removed', from, from === to ? `Event ${from} is missing.` : `Events ${from} to ${to} are missing.`);
  }

  #tell(kind: ChainFault['kind'], sequence: number, detail: string): void {
    this.#faults.push({ kind, sequence, detail });
  }
}

function doesNotFollow(sequence: number): string {
  return `Event ${sequence} does not follow the event before it: one of the two is not the one that was recorded.`;
}

/** The row of a head does not hold when it was signed; the signed text does. */
function instantOf(statement: string): string {
  try {
    const { at } = JSON.parse(statement) as { at?: unknown };
    return typeof at === 'string' ? at : '';
  } catch {
    return '';
  }
}
