import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isAppError, newId, silentLogger, systemClock } from '../core/index.ts';
import { createDatabase } from './create-database.ts';
import type { Database } from './database.ts';
import { postgresBinaries, startPostgresChild } from './postgres-child.ts';

const spawning = vi.hoisted(() => ({ calls: 0, fails: false }));
vi.mock('node:child_process', async (importOriginal) => {
  const actual = await importOriginal<typeof import('node:child_process')>();
  const spawn = (program: string, args: readonly string[], options: object) => {
    spawning.calls += 1;
    // A folder that is not there makes the system refuse the process, as it does when it has none left to give.
    return actual.spawn(program, args, spawning.fails ? { ...options, cwd: '/there/is/no/such/folder' } : options);
  };
  return { ...actual, spawn };
});

describe('a PostgreSQL of our own', () => {
  let folder: string;
  let database: Database | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-db-'));
  });
  afterEach(async () => {
    await database?.close();
    database = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const open = () =>
    createDatabase({
      config: {},
      dataDirectory: folder,
      runDirectory: folder,
      logger: silentLogger,
      clock: systemClock,
    });

  function addAccount(to: Database, accountId: string): Promise<unknown> {
    return to.inAccount({ accountId }, (transaction) =>
      transaction.insertInto('accounts').values({ id: accountId, name: 'x', created_at: new Date() }).execute(),
    );
  }

  function hasAccount(of: Database, accountId: string): Promise<boolean> {
    return of.inAccount(
      { accountId },
      async (transaction) => (await transaction.selectFrom('accounts').selectAll().execute()).length === 1,
    );
  }

  it('keeps its rows over a stop and a start, and leaves no process behind', async () => {
    const accountId = newId();
    database = await open();
    await addAccount(database, accountId);
    const [postmaster = 0] = database.processIds();
    await database.close();
    expect(() => process.kill(postmaster, 0)).toThrow();
    database = await open();
    expect(await hasAccount(database, accountId)).toBe(true);
  });

  it('runs with fsync, on a Unix socket alone, for its owner alone', async () => {
    database = await open();
    const settings = await database.inDeployment((transaction) =>
      sql<{
        name: string;
        setting: string;
      }>`select name, setting from pg_settings where name in ('fsync', 'listen_addresses', 'full_page_writes', 'data_checksums')`.execute(
        transaction,
      ),
    );
    expect(Object.fromEntries(settings.rows.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      listen_addresses: '',
      full_page_writes: 'on',
      data_checksums: 'on',
    });
    expect(statSync(join(folder, 'postgres')).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'postgres.password')).mode & 0o077).toBe(0);
  });

  it('comes back by itself after kill -9, with every acknowledged row', async () => {
    database = await open();
    const running = database;
    const acknowledged: string[] = [];
    let refusals = 0;
    let stopped = false;
    const writer = (async () => {
      while (!stopped) {
        const accountId = newId();
        try {
          await addAccount(running, accountId);
          acknowledged.push(accountId);
        } catch (error) {
          expect(isAppError(error, 'unavailable')).toBe(true);
          refusals += 1;
          await sleep(20);
        }
      }
    })();
    await sleep(300);
    const before = acknowledged.length;
    process.kill(running.processIds()[0] ?? 0, 'SIGKILL');
    await expect.poll(() => refusals > 0 && acknowledged.length > before + 20, { timeout: 20_000 }).toBe(true);
    stopped = true;
    await writer;
    for (const accountId of acknowledged) expect(await hasAccount(running, accountId)).toBe(true);
  });

  it('comes back, and the server lives, when the system had no process to give', async () => {
    database = await open();
    const running = database;
    const accountId = newId();
    await addAccount(running, accountId);
    const before = spawning.calls;
    spawning.fails = true;
    try {
      process.kill(running.processIds()[0] ?? 0, 'SIGKILL');
      await expect.poll(() => spawning.calls, { timeout: 20_000 }).toBeGreaterThan(before + 1);
    } finally {
      spawning.fails = false;
    }
    await expect.poll(() => hasAccount(running, accountId).catch(() => false), { timeout: 20_000 }).toBe(true);
  });

  it('says why when the system gives no process to make it with', async () => {
    spawning.fails = true;
    try {
      await expect(open()).rejects.toThrow(/PostgreSQL could not make its files in ".*": ENOENT/);
    } finally {
      spawning.fails = false;
    }
  });

  it('is stopped with the server while it is being started again', async () => {
    const child = await startPostgresChild({
      dataDirectory: folder,
      runDirectory: folder,
      logger: silentLogger,
      clock: systemClock,
      binaries: await postgresBinaries(),
    });
    const before = spawning.calls;
    // Not SIGKILL, after which a first try may find processes of the old one and end by itself.
    process.kill(child.processIds()[0] ?? 0, 'SIGINT');
    while (spawning.calls === before) await sleep(1);
    await child.close();
    await sleep(300);
    const cluster = join(folder, 'postgres');
    const left = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name).includes(cluster));
    for (const processId of left) process.kill(Number(processId), 'SIGQUIT');
    expect(left).toEqual([]);
  });

  it('begins its log anew when it has become long, and keeps one older', async () => {
    const log = join(folder, 'logs', 'postgres.log');
    mkdirSync(join(folder, 'logs'));
    writeFileSync(log, 'x'.repeat(11 * 1024 * 1024));
    database = await open();
    expect(statSync(log).size).toBeLessThan(1024 * 1024);
    expect(statSync(log).mode & 0o077).toBe(0);
    expect(statSync(`${log}.1`).size).toBe(11 * 1024 * 1024);
  });

  it('writes no value of a failing statement to its log', async () => {
    database = await open();
    const canary = 'the heron at the window has a broken wing';
    const failing = [
      (text: string) => sql`select ${text}::int`,
      (text: string) => sql.raw(`select '${text}'::int`),
      (text: string) => sql.raw(`selec '${text}'`),
      (text: string) => sql`insert into users (id, email) values (${newId()}, ${text.toUpperCase()})`,
    ];
    for (const statement of failing) {
      await expect(database.inDeployment((transaction) => statement(canary).execute(transaction))).rejects.toThrow();
    }
    await database.close();
    database = undefined;
    const logs = readdirSync(join(folder, 'logs'))
      .map((name) => readFileSync(join(folder, 'logs', name), 'utf8'))
      .join('');
    expect(logs).toContain('ready to accept connections');
    expect(logs.toLowerCase()).not.toContain('heron');
  });
});

function commandOf(processId: string): readonly string[] {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
