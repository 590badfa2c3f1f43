import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../core/index.ts';
import { withClient } from './create-database.ts';
import { postgresBinaries, startPostgresChild } from './postgres-child.ts';
import { chooseLauncher } from './unprivileged.ts';

describe.runIf(process.getuid?.() === 0)('PostgreSQL of a server that runs as root', () => {
  let folder: string;
  let dataDirectory: string;
  let runDirectory: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-root-'));
    chmodSync(folder, 0o755);
    [dataDirectory, runDirectory] = [join(folder, 'data'), join(folder, 'run')];
    mkdirSync(dataDirectory, { mode: 0o700 });
    mkdirSync(runDirectory, { mode: 0o700 });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const noNamespaces = () => false;

  async function startOnce(givesNamespaces?: () => boolean): Promise<{ rows: unknown; uid: number }> {
    const child = await startPostgresChild({
      dataDirectory,
      runDirectory,
      logger: silentLogger,
      clock: systemClock,
      binaries: await postgresBinaries(),
      ...(givesNamespaces === undefined ? {} : { givesNamespaces }),
    });
    const { socketFolder: host, superuserPassword } = child;
    try {
      const rows = await withClient(
        { host, user: 'postgres', password: superuserPassword.expose(), database: 'postgres' },
        async (client) => {
          await client.query('create table if not exists visits (at int)');
          await client.query('insert into visits values (1)');
          return (await client.query('select count(*)::int as visits from visits')).rows[0];
        },
      );
      const status = readFileSync(`/proc/${child.processIds()[0]}/status`, 'utf8');
      return { rows, uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) };
    } finally {
      await child.close();
    }
  }

  it('runs as an account of its own where the kernel gives no namespaces, and on the same files where it does', async () => {
    const first = await startOnce(noNamespaces);
    expect(first.rows).toEqual({ visits: 1 });
    expect(first.uid).not.toBe(0);
    for (const crossed of [dataDirectory, runDirectory]) expect(statSync(crossed).mode & 0o777).toBe(0o711);
    for (const handedOver of [join(dataDirectory, 'postgres'), join(runDirectory, 'pg')]) {
      expect(statSync(handedOver)).toMatchObject({ uid: first.uid });
      expect(statSync(handedOver).mode & 0o077).toBe(0);
    }
    expect(statSync(join(dataDirectory, 'postgres.password')).mode & 0o077).toBe(0);
    expect((await startOnce()).rows).toEqual({ visits: 2 });
    expect((await startOnce(noNamespaces)).rows).toEqual({ visits: 3 });
  });

  it('names the folder that the account may not cross, and what to do', () => {
    const locked = join(folder, 'locked');
    mkdirSync(join(locked, 'in'), { recursive: true });
    const program = join(locked, 'in', 'postgres');
    writeFileSync(program, '', { mode: 0o755 });
    chmodSync(locked, 0o700);
    const choose = (reach: object) =>
      chooseLauncher({ dataDirectory, runDirectory, programs: [], ...reach }, noNamespaces);
    expect(() => choose({ programs: [program] })).toThrow(
      `may not cross "${locked}". Install Cloister outside it (for example in /opt/cloister), or start`,
    );
    expect(() => choose({ dataDirectory: join(locked, 'in') })).toThrow(/Set CLOISTER_DATA/);
    expect(() => choose({ runDirectory: join(locked, 'in') })).toThrow(/Set XDG_RUNTIME_DIR/);
  });
});
