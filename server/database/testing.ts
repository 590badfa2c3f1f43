import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientConfig, Pool } from 'pg';
import { newCredential, newId, silentLogger, systemClock } from '../core/index.ts';
import { withClient } from './create-database.ts';
import type { Database } from './database.ts';
import { migrate } from './migrations.ts';
import { createPooledDatabase } from './pooled-database.ts';
import { type PostgresChild, postgresBinaries, startPostgresChild } from './postgres-child.ts';

export type TestDatabase = Database & {
  /** Runs SQL as a superuser, to look behind the policies. */
  ownerQuery<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** How the server's role connects, for tests that sign in themselves. */
  readonly connection: ClientConfig;
};

type Cluster = { readonly child: PostgresChild; readonly superuser: ClientConfig; readonly serverPassword: string };

const TEMPLATE = 'cloister_template';

/** One cluster for each test process, made on first use; a process of its own watches over its end. */
let cluster: Promise<Cluster> | undefined;

/** A fresh, migrated database on a real PostgreSQL. Close it when the test is done. */
export async function createTestDatabase(): Promise<TestDatabase> {
  cluster ??= startCluster();
  const { child, superuser, serverPassword } = await cluster;
  const database = `test_${newId().replaceAll('-', '')}`;
  await withClient(superuser, (client) => client.query(`create database ${database} template ${TEMPLATE}`));
  const connection = { host: child.socketFolder, user: 'cloister_server', password: serverPassword, database };
  const owner = new Pool({ ...superuser, database, max: 2 });
  owner.on('error', () => {});
  const pooled = createPooledDatabase({
    connection,
    logger: silentLogger,
    processIds: child.processIds,
    afterClose: async () => {
      await owner.end();
      await withClient(superuser, (client) => client.query(`drop database if exists ${database} with (force)`));
    },
  });
  return {
    ...pooled,
    connection,
    ownerQuery: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await owner.query<Row>(text, [...values])).rows,
  };
}

async function startCluster(): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-pg-'));
  const child = await startPostgresChild({
    dataDirectory: folder,
    runDirectory: folder,
    logger: silentLogger,
    clock: systemClock,
    binaries: await postgresBinaries(),
  });
  // The worker's end is no time for asynchronous work: the kernel's death signal stops PostgreSQL, this removes its files.
  process.once('exit', () => {
    for (const processId of child.processIds().slice(0, 1)) {
      try {
        process.kill(processId, 'SIGQUIT');
      } catch {
        // It has ended already.
      }
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  const superuser = {
    host: child.socketFolder,
    user: 'postgres',
    password: child.superuserPassword.expose(),
    database: 'postgres',
  };
  const serverPassword = newCredential('');
  await withClient(superuser, async (client) => {
    await client.query('create role cloister_owner login');
    await client.query(`create role cloister_server login password ${client.escapeLiteral(serverPassword)}`);
    await client.query(`create database ${TEMPLATE} owner cloister_owner`);
  });
  await withClient({ ...superuser, database: TEMPLATE }, async (client) => {
    await client.query('set role cloister_owner');
    await migrate(client, 'cloister_server');
  });
  return { child, superuser, serverPassword };
}
