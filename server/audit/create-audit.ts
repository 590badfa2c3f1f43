import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, isId, type Logger, loggableError } from '../core/index.ts';
import type { Database } from '../database/index.ts';
import { createAccountTurns } from './account-turns.ts';
import type { Audit } from './audit.ts';
import { type AuditActor, type AuditDetails, type AuditEvent, theServer } from './audit-event.ts';
import type { AuditScope, AuditStore, ChainedEvent, ChainLinks, Checkpoint } from './audit-store.ts';
import { CHECKPOINT_INTERVAL } from './chain-verification.ts';
import { type ChainHead, type CheckpointSigner, type Statement, statementText } from './checkpoint-signer.ts';
import { purgeWith } from './deletion-receipt.ts';
import { hashEvent, instantText } from './event-hash.ts';
import { createSqlAuditStore } from './sql-audit-store.ts';

const TRIM_INTERVAL_MS = 60 * 60 * 1000;
/** Appends of the account wait while events are removed, so many are not removed at once. */
const MOST_TRIMMED = 10_000;

/** The writing half of the room. */
export type AuditLog = {
  readonly audit: Audit;
  readonly store: AuditStore;
  readonly signer: CheckpointSigner;
  /** Removes the events whose time is over by the account's retention. @returns how many */
  trimExpired(accountId: string): Promise<number>;
  /** Waits for what runs by itself. */
  close(): Promise<void>;
};

/** Whose act it is, in the account of the log. */
type RecordedActor = Omit<AuditActor, 'accountId'>;

type Recorded = { readonly actor: RecordedActor; readonly event: AuditEvent };

/** The audit log in the database. */
export function createAudit(options: {
  readonly database: Database;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
  readonly logger: Logger;
}): AuditLog {
  return createAuditLog({ ...options, store: createSqlAuditStore(options.database) });
}

export function createAuditLog(options: {
  readonly store: AuditStore;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
  readonly logger: Logger;
}): AuditLog {
  const { store, signer, clock, logger } = options;
  const lastTrims = new Map<string, number>();
  const running = new Set<Promise<unknown>>();
  const outsideAnyTransaction = AsyncLocalStorage.snapshot();
  // It may read keys, which no transaction of an account sees.
  const ready = () => outsideAnyTransaction(() => signer.ready());

  async function sign(type: Statement['type'], account: string, head: ChainHead, at: Date): Promise<string> {
    return signer.sign(statementText({ type, account, ...head, at: instantText(at) }));
  }

  async function append(scope: AuditScope, recorded: readonly Recorded[]): Promise<void> {
    const { accountId } = scope;
    await store.append(scope, async (previous): Promise<ChainLinks> => {
      const events: ChainedEvent[] = [];
      let last = previous;
      for (const { actor, event } of recorded) {
        const chained = follow(last, accountId, actor, event, clock.now());
        last = { sequence: chained.sequence, hash: chained.hash };
        events.push(chained);
      }
      const signature = await sign('head', accountId, last, events.at(-1)?.at ?? clock.now());
      return { events, head: { ...last, signature }, checkpoints: await checkpointsOf(accountId, events) };
    });
  }

  async function checkpointsOf(accountId: string, events: readonly ChainedEvent[]): Promise<readonly Checkpoint[]> {
    const checkpoints: Checkpoint[] = [];
    for (const { sequence, hash, at } of events) {
      if (sequence % CHECKPOINT_INTERVAL !== 0) continue;
      const signature = await sign('checkpoint', accountId, { sequence, hash }, at);
      checkpoints.push({ sequence, hash, at, isTrim: false, signature });
    }
    return checkpoints;
  }

  const turns = createAccountTurns<Recorded>({
    clock,
    async write(accountId, recorded) {
      await ready();
      await append({ accountId }, recorded);
    },
  });

  async function trimExpired(accountId: string): Promise<number> {
    let [total, removed] = [0, MOST_TRIMMED];
    while (removed >= MOST_TRIMMED) {
      removed = await turns.take(accountId, () => trimSome(accountId));
      total += removed;
    }
    return total;
  }

  async function trimSome(accountId: string): Promise<number> {
    await ready();
    return store.within({ accountId }, async () => {
      const trimmed = await store.trim(accountId, MOST_TRIMMED, async (last) => {
        const at = clock.now();
        return { ...last, at, isTrim: true, signature: await sign('trim', accountId, last, at) };
      });
      const trim = { action: 'audit.trim', target: { type: 'audit-log' } } as const;
      if (trimmed > 0) await append({ accountId }, [{ actor: theServer(accountId), event: trim }]);
      return trimmed;
    });
  }

  /** Retention needs no list of accounts: an account whose log grows is looked after when it grows. */
  function trimSoon(accountId: string): void {
    const now = clock.monotonicMs();
    if (now - (lastTrims.get(accountId) ?? Number.NEGATIVE_INFINITY) < TRIM_INTERVAL_MS) return;
    lastTrims.set(accountId, now);
    const trim = outsideAnyTransaction(() => trimExpired(accountId))
      .catch((error: unknown) => {
        logger.warn('the audit log could not be trimmed; the next try follows', {
          accountId,
          error: loggableError(error),
        });
      })
      .finally(() => running.delete(trim));
    running.add(trim);
  }

  const change: Audit['change'] = async (actor, event, work) => {
    const { accountId } = actor;
    const scope = scopeOf(actor);
    const changeAndAppend = () =>
      store.within(scope, async () => {
        const done = await work();
        await append(scope, [{ actor, event: typeof event === 'function' ? event(done) : event }]);
        return done;
      });
    // Part of the change around it, which has what it needs and the turn.
    if (turns.isInside(accountId)) return changeAndAppend();
    const result = await turns.take(accountId, async () => {
      await ready();
      return changeAndAppend();
    });
    trimSoon(accountId);
    return result;
  };

  return {
    audit: {
      change,
      purge: purgeWith({ change, signer, clock }),
      async record(actor, event) {
        const { accountId } = actor;
        if (turns.isInside(accountId)) return append(scopeOf(actor), [{ actor, event }]);
        await turns.add(accountId, { actor, event });
        trimSoon(accountId);
      },
    },
    store,
    signer,
    trimExpired,
    async close() {
      await Promise.all(running);
    },
  };
}

function scopeOf({ accountId, userId }: AuditActor): AuditScope {
  return { accountId, userId };
}

/** The event as it follows `previous` in the chain. */
function follow(
  previous: ChainHead,
  accountId: string,
  actor: RecordedActor,
  event: AuditEvent,
  at: Date,
): ChainedEvent {
  const { action, target, projectId, outcome = 'success', details = {} } = event;
  const fields = {
    accountId,
    sequence: previous.sequence + 1,
    at,
    actorUserId: idOrNull(actor.userId),
    actorVia: actor.via,
    actorCredentialId: idOrNull(actor.credentialId),
    address: actor.address ?? null,
    action,
    targetType: target.type,
    targetId: target.type === 'model' ? modelIdOrNull(target.id) : idOrNull(target.id),
    projectId: idOrNull(projectId),
    outcome,
    details: detailsText(details),
    previousHash: previous.hash,
  };
  return { ...fields, hash: hashEvent(fields) };
}

/** What somebody asked for may be anything; only what can be an identifier of ours is recorded. */
function idOrNull(text: string | undefined): string | null {
  return text !== undefined && isId(text) ? text : null;
}

function modelIdOrNull(text: string | undefined): string | null {
  return text !== undefined && /^[a-z0-9._-]+\/[a-z0-9._-]+$/.test(text) && text.length <= 200 ? text : null;
}

/** Members in the order of their names, so that the same details are the same text. */
function detailsText({ userId, ...words }: AuditDetails): string {
  const details = { ...words, userId: idOrNull(userId) ?? undefined };
  const members = Object.entries(details).filter(([, value]) => value !== undefined);
  return JSON.stringify(Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1))));
}
