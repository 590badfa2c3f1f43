import { sql } from 'kysely';
import { notFound } from '../core/index.ts';
import type { Database, DatabaseTransaction } from '../database/index.ts';
import type { AuditDetails, AuditOutcome } from './audit-event.ts';
import type { AuditFilters, AuditRecord, AuditStore, ChainedEvent, Checkpoint, SignedHead } from './audit-store.ts';
import { genesisHead } from './event-hash.ts';

/** Keeps the log in the tables `audit_chains`, `audit_events` and `audit_checkpoints`. */
export function createSqlAuditStore(database: Database): AuditStore {
  return {
    within: (scope, work) => database.inAccount(scope, work),

    append: (scope, link) =>
      database.inAccount(scope, async (transaction) => {
        const head = await lockOrBeginChain(transaction, scope.accountId);
        const made = await link(head);
        await insertEvents(transaction, made.events);
        await transaction
          .updateTable('audit_chains')
          .set({ sequence: made.head.sequence, hash: bytes(made.head.hash), signature: made.head.signature })
          .where('account_id', '=', scope.accountId)
          .execute();
        for (const checkpoint of made.checkpoints) await insertCheckpoint(transaction, scope.accountId, checkpoint);
      }),

    list: (scope, filters, { limit, before }) =>
      database.inAccount(scope, async (transaction) => {
        let select = filtered(transaction, scope.accountId, filters);
        if (before !== undefined) select = select.where('audit_events.sequence', '<', before);
        const rows = await select.orderBy('audit_events.sequence', 'desc').limit(limit).execute();
        return rows.map(asRecord);
      }),

    readChain: (accountId, after, limit) =>
      database.inAccount({ accountId }, (transaction) => readEvents(transaction, accountId, after, limit)),

    readEnd: (accountId, after) =>
      database.inAccount({ accountId }, async (transaction) => {
        let head = await lockChain(transaction, accountId);
        let events = await readEvents(transaction, accountId, after);
        if (head === undefined && events.length > 0) {
          // The very first event came in between: from now on there is a head to lock.
          head = await lockChain(transaction, accountId);
          events = await readEvents(transaction, accountId, after);
        }
        return { events, head, checkpoints: await readCheckpoints(transaction, accountId) };
      }),

    trim: (accountId, most, mark) =>
      database.inAccount({ accountId }, async (transaction) => {
        if ((await lockChain(transaction, accountId)) === undefined) return 0;
        const last = await lastExpired(transaction, accountId, most);
        if (last === undefined) return 0;
        await insertCheckpoint(transaction, accountId, await mark(last));
        const { rows } = await sql<{ removed: number }>`select trim_audit_events(${last.sequence}) as removed`.execute(
          transaction,
        );
        return rows[0]?.removed ?? 0;
      }),

    findRetentionDays: (scope) =>
      database.inAccount(scope, async (transaction) => {
        const account = await transaction
          .selectFrom('accounts')
          .select('audit_retention_days')
          .where('id', '=', scope.accountId)
          .executeTakeFirst();
        return account?.audit_retention_days ?? undefined;
      }),

    setRetentionDays: (scope, days) =>
      database.inAccount(scope, async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('accounts')
          .set({ audit_retention_days: days ?? null })
          .where('id', '=', scope.accountId)
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) throw notFound('account', scope.accountId);
      }),
  };
}

/** Appends of the account wait for each other at this row. */
async function lockChain(transaction: DatabaseTransaction, accountId: string): Promise<SignedHead | undefined> {
  const row = await transaction
    .selectFrom('audit_chains')
    .select([readableSequence('audit_chains'), 'hash', 'signature'])
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? undefined : { ...row, hash: hex(row.hash) };
}

async function lockOrBeginChain(transaction: DatabaseTransaction, accountId: string): Promise<SignedHead> {
  const found = await lockChain(transaction, accountId);
  if (found !== undefined) return found;
  const genesis = { ...genesisHead(accountId), signature: '' };
  // Of two that begin at once one waits here for the other, and then finds the other's row. Nobody sees this one before its first event.
  await transaction
    .insertInto('audit_chains')
    .values({ account_id: accountId, ...genesis, hash: bytes(genesis.hash) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await lockChain(transaction, accountId)) ?? genesis;
}

function filtered(transaction: DatabaseTransaction, accountId: string, filters: AuditFilters) {
  const { from, to, actorUserId, actions, targetType, targetId, projectId, outcome } = filters;
  let select = transaction
    .selectFrom('audit_events')
    .leftJoin('users', (join) =>
      join
        .onRef('users.id', '=', 'audit_events.actor_user_id')
        .onRef('users.account_id', '=', 'audit_events.account_id'),
    )
    .selectAll('audit_events')
    .select('users.name as actor_name')
    .where('audit_events.account_id', '=', accountId);
  if (from !== undefined) select = select.where('audit_events.at', '>=', from);
  if (to !== undefined) select = select.where('audit_events.at', '<', to);
  if (actorUserId !== undefined) select = select.where('audit_events.actor_user_id', '=', actorUserId);
  if (actions !== undefined) select = select.where('audit_events.action', 'in', [...actions]);
  if (targetType !== undefined) select = select.where('audit_events.target_type', '=', targetType);
  if (targetId !== undefined) select = select.where('audit_events.target_id', '=', targetId);
  if (projectId !== undefined) select = select.where('audit_events.project_id', '=', projectId);
  if (outcome !== undefined) select = select.where('audit_events.outcome', '=', outcome);
  return select;
}

async function readEvents(
  transaction: DatabaseTransaction,
  accountId: string,
  after: number | undefined,
  limit?: number,
): Promise<readonly ChainedEvent[]> {
  let select = transaction
    .selectFrom('audit_events')
    .selectAll('audit_events')
    .select(readableSequence('audit_events'))
    .where('account_id', '=', accountId)
    .orderBy('audit_events.sequence');
  if (after !== undefined) select = select.where('audit_events.sequence', '>', after);
  if (limit !== undefined) select = select.limit(limit);
  return (await select.execute()).map(asEvent);
}

async function readCheckpoints(transaction: DatabaseTransaction, accountId: string): Promise<readonly Checkpoint[]> {
  const rows = await transaction
    .selectFrom('audit_checkpoints')
    .select([readableSequence('audit_checkpoints'), 'hash', 'at', 'is_trim', 'signature'])
    .where('account_id', '=', accountId)
    .orderBy('audit_checkpoints.sequence')
    .execute();
  return rows.map(({ hash, is_trim: isTrim, ...row }) => ({ ...row, hash: hex(hash), isTrim }));
}

/** As one value, however many they are: a connection keeps one plan for all, and not one for each number of events. */
async function insertEvents(transaction: DatabaseTransaction, events: readonly ChainedEvent[]): Promise<void> {
  const rows = JSON.stringify(events.map(asRow));
  await sql`insert into audit_events select * from json_populate_recordset(null::audit_events, ${rows}::json)`.execute(
    transaction,
  );
}

async function insertCheckpoint(
  transaction: DatabaseTransaction,
  accountId: string,
  { sequence, hash, at, isTrim, signature }: Checkpoint,
): Promise<void> {
  await transaction
    .insertInto('audit_checkpoints')
    .values({ account_id: accountId, sequence, hash: bytes(hash), at, is_trim: isTrim, signature })
    .execute();
}

/**
 * The last of the oldest events whose time is over. Clocks of two servers may differ, so that a younger event comes before an older one:
 * from the first young one on, everything stays.
 */
async function lastExpired(transaction: DatabaseTransaction, accountId: string, most: number) {
  const { rows } = await sql<{ sequence: number; hash: Buffer }>`
    with oldest as (
      select sequence, hash, at < now() - make_interval(days => a.audit_retention_days) as expired
      from audit_events e join accounts a on a.id = e.account_id
      where e.account_id = ${accountId} and a.audit_retention_days is not null
      order by sequence limit ${most})
    select sequence, hash from oldest
    where expired and not exists (select from oldest young where not young.expired and young.sequence < oldest.sequence)
    order by sequence desc limit 1`.execute(transaction);
  const row = rows[0];
  return row === undefined ? undefined : { sequence: row.sequence, hash: hex(row.hash) };
}

/** The driver refuses numbers beyond 2^53; a verification must be able to tell of one that somebody put there. */
function readableSequence(table: 'audit_chains' | 'audit_events' | 'audit_checkpoints') {
  return sql<number>`greatest(least(${sql.ref(`${table}.sequence`)}, 9007199254740991), 0)`.as('sequence');
}

type EventRow = {
  account_id: string;
  sequence: number;
  at: Date;
  actor_user_id: string | null;
  actor_via: string;
  actor_credential_id: string | null;
  address: string | null;
  action: string;
  target_type: string;
  target_id: string | null;
  project_id: string | null;
  outcome: AuditOutcome;
  details: string;
  previous_hash: Buffer;
  hash: Buffer;
};

function asEvent(row: EventRow): ChainedEvent {
  return {
    accountId: row.account_id,
    sequence: row.sequence,
    // The driver reads `infinity` as a number.
    at: new Date(row.at),
    actorUserId: row.actor_user_id,
    actorVia: row.actor_via,
    actorCredentialId: row.actor_credential_id,
    address: row.address,
    action: row.action,
    targetType: row.target_type,
    targetId: row.target_id,
    projectId: row.project_id,
    outcome: row.outcome,
    details: row.details,
    previousHash: hex(row.previous_hash),
    hash: hex(row.hash),
  };
}

/** As PostgreSQL reads a row out of JSON. */
function asRow(event: ChainedEvent) {
  return {
    account_id: event.accountId,
    sequence: event.sequence,
    at: event.at,
    actor_user_id: event.actorUserId,
    actor_via: event.actorVia,
    actor_credential_id: event.actorCredentialId,
    address: event.address,
    action: event.action,
    target_type: event.targetType,
    target_id: event.targetId,
    project_id: event.projectId,
    outcome: event.outcome,
    details: event.details,
    previous_hash: `\\x${event.previousHash}`,
    hash: `\\x${event.hash}`,
  } satisfies Record<keyof EventRow, unknown>;
}

function asRecord({ actor_name: name, ...row }: EventRow & { actor_name: string | null }): AuditRecord {
  return { ...asEvent(row), details: readDetails(row.details), actorName: name ?? '' };
}

/** One altered row does not take the whole list away from those who look for it; verification tells of it. */
function readDetails(text: string): AuditDetails {
  try {
    return JSON.parse(text) as AuditDetails;
  } catch {
    return {};
  }
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function hex(value: Buffer): string {
  return value.toString('hex');
}
