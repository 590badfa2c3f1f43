import type { AuditDetails, AuditOutcome } from './audit-event.ts';
import type { ChainHead } from './checkpoint-signer.ts';
import type { HashedFields } from './event-hash.ts';

/** Whose transaction it is: with a user, what that user's roles reach; without, the house's. */
export type AuditScope = { readonly accountId: string; readonly userId?: string };

/** A row of the log. */
export type ChainedEvent = HashedFields & { readonly hash: string };

/** The end of a chain as it is kept: the signature is over it. */
export type SignedHead = ChainHead & { readonly signature: string };

export type Checkpoint = ChainHead & {
  readonly at: Date;
  /** Events up to it were removed. */
  readonly isTrim: boolean;
  readonly signature: string;
};

/** What an append writes, made by its caller of the end of the chain as it is at that moment. */
export type ChainLinks = {
  /** In their order. */
  readonly events: readonly ChainedEvent[];
  readonly head: SignedHead;
  readonly checkpoints: readonly Checkpoint[];
};

/** An event as people read it. */
export type AuditRecord = Omit<ChainedEvent, 'details'> & {
  readonly details: AuditDetails;
  /** As the person or service ID is called now; empty when they are gone. */
  readonly actorName: string;
};

export type AuditFilters = {
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
  readonly actorUserId?: string;
  readonly actions?: readonly string[];
  readonly targetType?: string;
  readonly targetId?: string;
  readonly projectId?: string;
  readonly outcome?: AuditOutcome;
};

/** What a verification reads at once. */
export type ChainEnd = {
  readonly events: readonly ChainedEvent[];
  readonly head: SignedHead | undefined;
  readonly checkpoints: readonly Checkpoint[];
};

/** Port: keeps one chain of events an account. Nothing in it changes an event. */
export type AuditStore = {
  /** Runs `work` in one transaction of the scope: what is appended in it, and what other stores do in it, is kept or taken back together. */
  within<T>(scope: AuditScope, work: () => Promise<T>): Promise<T>;
  /**
   * Adds events, in the transaction that runs around it if there is one. Appends of one account come in turns, from here to the end of
   * their transaction: `link` is given the end of the chain (the genesis of the account where there is none) and nobody else is until
   * then. What `link` throws takes the append back.
   */
  append(scope: AuditScope, link: (head: ChainHead) => Promise<ChainLinks>): Promise<void>;
  /** Events that fit all filters, the newest first, before the sequence `before` if it is given; as many as `limit`. */
  list(
    scope: AuditScope,
    filters: AuditFilters,
    page: { readonly limit: number; readonly before?: number },
  ): Promise<readonly AuditRecord[]>;
  /** The next events in their order, whatever they look like; fewer than `limit` at the end of the chain. */
  readChain(accountId: string, after: number | undefined, limit: number): Promise<readonly ChainedEvent[]>;
  /** The events after `after`, the head and all checkpoints, as they are at one moment. */
  readEnd(accountId: string, after: number | undefined): Promise<ChainEnd>;
  /**
   * Removes the oldest events whose time is over by the account's retention, `most` at a time. What `mark` makes of the last one of them is
   * kept in their place, in the same transaction and in turns with appends.
   * @returns how many were removed; 0 without a call of `mark` where there are none
   */
  trim(accountId: string, most: number, mark: (last: ChainHead) => Promise<Checkpoint>): Promise<number>;
  /** For how many days events are kept; undefined: for good. */
  findRetentionDays(scope: AuditScope): Promise<number | undefined>;
  setRetentionDays(scope: AuditScope, days: number | undefined): Promise<void>;
};
