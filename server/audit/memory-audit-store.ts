import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../core/index.ts';
import type { AuditDetails } from './audit-event.ts';
import type { AuditFilters, AuditScope, AuditStore, ChainedEvent, Checkpoint, SignedHead } from './audit-store.ts';
import { genesisHead } from './event-hash.ts';

const DAY_MS = 86_400_000;

type Chain = {
  readonly events: readonly ChainedEvent[];
  readonly checkpoints: readonly Checkpoint[];
  readonly head: SignedHead | undefined;
  readonly retentionDays: number | undefined;
};

/** A log in memory, for tests: transactions of one account come in turns, and one that fails puts the chain back. */
export function createMemoryAuditStore(options: {
  readonly clock: Clock;
  readonly nameOfUser?: (userId: string) => string;
}): AuditStore {
  const { clock, nameOfUser = () => '' } = options;
  const chains = new Map<string, Chain>();
  const turns = new Map<string, Promise<unknown>>();
  const inside = new AsyncLocalStorage<string>();

  const chainOf = (accountId: string): Chain =>
    chains.get(accountId) ?? { events: [], checkpoints: [], head: undefined, retentionDays: undefined };
  const change = (accountId: string, changed: Partial<Chain>) =>
    chains.set(accountId, { ...chainOf(accountId), ...changed });

  function within<T>({ accountId }: AuditScope, work: () => Promise<T>): Promise<T> {
    if (inside.getStore() === accountId) return work();
    const turn = (turns.get(accountId) ?? Promise.resolve()).then(async () => {
      const before = chainOf(accountId);
      try {
        return await inside.run(accountId, work);
      } catch (error) {
        chains.set(accountId, before);
        throw error;
      }
    });
    turns.set(
      accountId,
      turn.catch(() => {}),
    );
    return turn;
  }

  return {
    within,
    append: (scope, link) =>
      within(scope, async () => {
        const { accountId } = scope;
        const added = await link(chainOf(accountId).head ?? genesisHead(accountId));
        const { events, checkpoints } = chainOf(accountId);
        change(accountId, {
          events: [...events, ...added.events],
          head: added.head,
          checkpoints: [...checkpoints, ...added.checkpoints],
        });
      }),
    async list({ accountId }, filters, { limit, before = Number.POSITIVE_INFINITY }) {
      return chainOf(accountId)
        .events.filter((event) => event.sequence < before && fits(event, filters))
        .toReversed()
        .slice(0, limit)
        .map((event) => ({
          ...event,
          details: JSON.parse(event.details) as AuditDetails,
          actorName: event.actorUserId === null ? '' : nameOfUser(event.actorUserId),
        }));
    },
    async readChain(accountId, after = -1, limit) {
      return chainOf(accountId)
        .events.filter(({ sequence }) => sequence > after)
        .slice(0, limit);
    },
    readEnd: (accountId, after = -1) =>
      within({ accountId }, async () => {
        const { events, head, checkpoints } = chainOf(accountId);
        return { events: events.filter(({ sequence }) => sequence > after), head, checkpoints };
      }),
    trim: (accountId, most, mark) =>
      within({ accountId }, async () => {
        const { events, retentionDays, checkpoints } = chainOf(accountId);
        if (retentionDays === undefined) return 0;
        const limit = clock.now().getTime() - retentionDays * DAY_MS;
        const young = events.findIndex(({ at }) => at.getTime() >= limit);
        const expired = events.slice(0, Math.min(young === -1 ? events.length : young, most));
        const last = expired.at(-1);
        if (last === undefined) return 0;
        const checkpoint = await mark({ sequence: last.sequence, hash: last.hash });
        change(accountId, { events: events.slice(expired.length), checkpoints: [...checkpoints, checkpoint] });
        return expired.length;
      }),
    findRetentionDays: async ({ accountId }) => chainOf(accountId).retentionDays,
    setRetentionDays: (scope, retentionDays) =>
      within(scope, async () => {
        change(scope.accountId, { retentionDays });
      }),
  };
}

function fits(event: ChainedEvent, filters: AuditFilters): boolean {
  const { from, to, actions, ...exact } = filters;
  return (
    (from === undefined || event.at >= from) &&
    (to === undefined || event.at < to) &&
    (actions === undefined || actions.includes(event.action)) &&
    (Object.keys(exact) as (keyof typeof exact)[]).every(
      (name) => exact[name] === undefined || event[name] === exact[name],
    )
  );
}
