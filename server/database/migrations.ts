import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { AppError } from '../core/index.ts';

/** One of PostgreSQL's advisory locks, held while migrations run, so that replicas that start together take turns. Any fixed number does. */
const LOCK = 4_871_201_934;

type Migration = { readonly name: string; readonly sql: string; readonly sha256: string };

/** The migrations of this release, in order. */
export function readMigrations(folder = join(import.meta.dirname, 'migrations')): readonly Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(folder, file), 'utf8');
      return { name: file.replace(/\.sql$/, ''), sql, sha256: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Brings the database forward and lets the server's role use its tables.
 * @param owner connected as the role that owns the tables
 * @param serverRole the role that the server signs in as
 * @throws AppError `failed-precondition` when a newer release wrote this database, or an applied migration differs from this release's.
 */
export async function migrate(owner: Client, serverRole: string, migrations = readMigrations()): Promise<void> {
  await owner.query('select pg_advisory_lock($1)', [LOCK]);
  try {
    await owner.query(
      'create table if not exists migrations (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
    );
    const pending = pendingMigrations(await appliedMigrations(owner), migrations);
    for (const migration of pending) await apply(owner, migration);
    await grant(owner, serverRole);
  } finally {
    await owner.query('select pg_advisory_unlock($1)', [LOCK]);
  }
}

/**
 * Checks, as the server's role, that the database is of this release.
 * @throws AppError `failed-precondition` that says what to do.
 */
export async function requireMigrated(client: Pick<Client, 'query'>, migrations = readMigrations()): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>("select to_regclass('migrations') is not null as found");
  const applied = rows[0]?.found ? await appliedMigrations(client) : [];
  if (pendingMigrations(applied, migrations).length === 0) return;
  throw new AppError(
    'failed-precondition',
    'The database is older than this release of Cloister. Set DATABASE_OWNER_URL for one start, so that it can be brought forward.',
  );
}

async function appliedMigrations(client: Pick<Client, 'query'>): Promise<readonly { name: string; sha256: string }[]> {
  return (await client.query<{ name: string; sha256: string }>('select name, sha256 from migrations order by name'))
    .rows;
}

function pendingMigrations(
  applied: readonly { name: string; sha256: string }[],
  migrations: readonly Migration[],
): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, sha256 } of applied) {
    const migration = known.get(name);
    if (migration === undefined) {
      throw new AppError(
        'failed-precondition',
        'A newer release of Cloister has written this database. Start that release; going back is not possible.',
      );
    }
    if (migration.sha256 !== sha256) {
      throw new AppError(
        'failed-precondition',
        `The migration "${name}" differs from the one that made this database. Use the release that you installed, unchanged.`,
      );
    }
  }
  const done = new Set(applied.map(({ name }) => name));
  return migrations.filter(({ name }) => !done.has(name));
}

async function apply(owner: Client, { name, sql, sha256 }: Migration): Promise<void> {
  await owner.query('begin');
  try {
    await owner.query(sql);
    await owner.query('insert into migrations (name, sha256) values ($1, $2)', [name, sha256]);
    await owner.query('commit');
  } catch (error) {
    await owner.query('rollback');
    throw error;
  }
}

/** Rows, and nothing else: no table, policy or function can be changed with these rights. */
async function grant(owner: Client, serverRole: string): Promise<void> {
  const role = owner.escapeIdentifier(serverRole);
  await owner.query(`grant usage on schema public to ${role}`);
  await owner.query(`grant select, insert, update, delete on all tables in schema public to ${role}`);
  await owner.query(`revoke insert, update, delete on migrations from ${role}`);
  await owner.query(`revoke insert, delete on deployment from ${role}`);
  await owner.query(`revoke update, delete on audit_events from ${role}`);
  await owner.query(`revoke update, delete on audit_checkpoints from ${role}`);
  await owner.query(`revoke delete on audit_chains from ${role}`);
}
