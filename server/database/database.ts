import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** A connection inside a transaction that has begun. */
export type DatabaseTransaction = Omit<Kysely<Tables>, 'connection' | 'transaction' | 'startTransaction' | 'destroy'>;

/**
 * The database, as rooms use it: always in a transaction, and always for one tenant. Row-level security decides what the
 * transaction sees, so a query that forgets its `where` returns the tenant's rows and nobody else's.
 *
 * Work that asks for a transaction of the same scope while one runs around it becomes part of that one: both happen, or neither. That is
 * how a change and its audit event stay together.
 */
export type Database = {
  /**
   * Runs `work` in one transaction that sees the account: with a user, what that user's roles reach; without, all of it (the server's own
   * work, after it has asked who may). Commits when `work` resolves, rolls back when it throws. `work` must make no network or KMS call.
   * @throws AppError `unavailable` when the database cannot be reached.
   */
  inAccount<T>(scope: TenantScope, work: (transaction: DatabaseTransaction) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in one transaction that sees only rows which hold the presented value: a credential's hash or a sign-in address.
   * For finding out whose credential it is, before the account is known.
   */
  withPresented<T>(presented: string, work: (transaction: DatabaseTransaction) => Promise<T>): Promise<T>;
  /** Runs `work` in one transaction without a tenant: it sees the deployment's own tables and no tenant's row. */
  inDeployment<T>(work: (transaction: DatabaseTransaction) => Promise<T>): Promise<T>;
  /** Process ids of a database that this server supervises; empty for one that it only connects to. */
  processIds(): readonly number[];
  /** Waits for running transactions, closes the connections and stops a supervised database. */
  close(): Promise<void>;
};

export type TenantScope = { readonly accountId: string; readonly userId?: string };
