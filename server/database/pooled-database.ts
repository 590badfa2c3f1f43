import { AsyncLocalStorage } from 'node:async_hooks';
import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import { escapeLiteral, Pool, type PoolConfig, types } from 'pg';
import { AppError, isAppError, type Logger, loggableError } from '../core/index.ts';
import type { Database, DatabaseTransaction, TenantScope } from './database.ts';
import { BEGIN, createPreparedPool } from './prepared-pool.ts';
import { createShares } from './shares.ts';
import type { Tables } from './tables.ts';
import { fromVendorError } from './vendor-error.ts';

const MAX_CONNECTIONS = 20;
/** At a time of one account, and of whoever presents one credential: the others are not kept waiting for all that it asks, also by both. */
const MOST_OF_ACCOUNT = MAX_CONNECTIONS / 2;
const MOST_OF_CREDENTIAL = MAX_CONNECTIONS / 4;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;

/** int8 (type 20) as a number: sizes and counts, all far below 2^53. */
const EXACT_INT8 = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('an int8 value is beyond 2^53');
  return value;
};

/**
 * The database over a pool of connections.
 * @param connection where and as whom; the role must own nothing and bypass nothing (checked by `create-database.ts`).
 */
export function createPooledDatabase(options: {
  readonly connection: PoolConfig;
  readonly logger: Logger;
  readonly processIds: () => readonly number[];
  readonly afterClose: () => Promise<void>;
}): Database {
  const pool = new Pool({
    ...options.connection,
    application_name: 'cloister',
    max: MAX_CONNECTIONS,
    pipeline: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    types: {
      getTypeParser: (id: number, format?: 'text' | 'binary') =>
        id === 20 ? EXACT_INT8 : types.getTypeParser(id, format as 'text'),
    },
  });
  // A connection that breaks while nobody uses it; the next query opens another.
  pool.on('error', (error) => options.logger.warn('a database connection broke', { error: loggableError(error) }));
  // One that breaks between two queries of a transaction tells it here, and the next query fails; unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  const kysely = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: createPreparedPool(pool) as unknown as PostgresPool }),
  });

  const running = new AsyncLocalStorage<RunningTransaction>();
  const withinAccount = createShares({ share: MOST_OF_ACCOUNT, longestWaitMs: CONNECT_TIMEOUT_MS });
  const withinCredential = createShares({ share: MOST_OF_CREDENTIAL, longestWaitMs: CONNECT_TIMEOUT_MS });

  function withConnection<T>(
    { accountId, presented }: Scope,
    work: (connection: Kysely<Tables>) => Promise<T>,
  ): Promise<T> {
    const connect = () => kysely.connection().execute(work);
    if (accountId !== '') return withinAccount(accountId, connect);
    // The deployment's own work is nobody's, and little.
    return presented === '' ? connect() : withinCredential(presented, connect);
  }

  async function inTransaction<T>(scope: Scope, work: (transaction: DatabaseTransaction) => Promise<T>): Promise<T> {
    const around = running.getStore();
    if (around?.isOver === false) {
      const transaction = joined(around, scope);
      // As without a transaction around it: a store that tells what a refusal of PostgreSQL means does so in both.
      try {
        return await work(transaction);
      } catch (error) {
        throw fromVendorError(error);
      }
    }
    const begin = beginIn(scope);
    try {
      return await withConnection(scope, async (transaction) => {
        await begin.execute(transaction);
        const current: RunningTransaction = { scope, transaction, isOver: false };
        try {
          const result = await running.run(current, () => work(transaction));
          current.isOver = true;
          await sql`commit`.execute(transaction);
          return result;
        } catch (error) {
          current.isOver = true;
          // A connection that broke can't be told; the server rolls back by itself then.
          await sql`rollback`.execute(transaction).catch(() => {});
          throw error;
        }
      });
    } catch (error) {
      const translated = fromVendorError(error);
      if (isAppError(translated, 'unavailable'))
        options.logger.warn('the database cannot be reached', { error: loggableError(error) });
      if (isAppError(translated, 'permission-denied') && translated !== error)
        options.logger.error('row-level security refused what the services had allowed', {
          error: loggableError(error),
        });
      throw translated;
    }
  }

  return {
    inAccount: <T>({ accountId, userId }: TenantScope, work: (transaction: DatabaseTransaction) => Promise<T>) =>
      inTransaction({ accountId, userId: userId ?? '', presented: '' }, work),
    withPresented: <T>(presented: string, work: (transaction: DatabaseTransaction) => Promise<T>) =>
      inTransaction({ accountId: '', userId: '', presented }, work),
    inDeployment: <T>(work: (transaction: DatabaseTransaction) => Promise<T>) =>
      inTransaction({ accountId: '', userId: '', presented: '' }, work),
    processIds: options.processIds,
    async close() {
      await kysely.destroy();
      await options.afterClose();
    },
  };
}

type Scope = { readonly accountId: string; readonly userId: string; readonly presented: string };

type RunningTransaction = { readonly scope: Scope; readonly transaction: DatabaseTransaction; isOver: boolean };

/** Work of one scope does not see what another one's transaction would show it, so it can't become part of it. */
function joined({ scope, transaction }: RunningTransaction, wanted: Scope): DatabaseTransaction {
  const isSame =
    scope.accountId === wanted.accountId && scope.userId === wanted.userId && scope.presented === wanted.presented;
  if (!isSame) throw new Error('a transaction of one scope was asked for inside one of another');
  return transaction;
}

/**
 * Begins a transaction and says whose it is, in one message, since every request waits for it: Kysely's own transaction takes two. The
 * settings are local to the transaction, so a pooled connection carries nothing of it to the next one. All three are always set.
 */
function beginIn({ accountId, userId, presented }: Scope) {
  const settings = { account_id: accountId, user_id: userId, presented };
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config('cloister.${name}', ${literal(value)}, true)`,
  );
  return sql.raw(`${BEGIN} select ${calls.join(', ')}`);
}

/** PostgreSQL's text holds no zero byte, and a message ends at one. */
function literal(value: string): string {
  if (value.includes('\0'))
    throw new AppError('invalid-argument', 'A name or address holds a character that is not allowed.');
  return escapeLiteral(value);
}
