import { Client, type ClientConfig } from 'pg';
import { AppError, type Clock, type Logger, newCredential, type Secret } from '../core/index.ts';
import type { DatabaseConfig } from './config.ts';
import type { Database } from './database.ts';
import { migrate, requireMigrated } from './migrations.ts';
import { createPooledDatabase } from './pooled-database.ts';
import { type PostgresChild, postgresBinaries, startPostgresChild } from './postgres-child.ts';
import { fromVendorError } from './vendor-error.ts';

const DATABASE = 'cloister';
const OWNER_ROLE = 'cloister_owner';
const SERVER_ROLE = 'cloister_server';

/**
 * Opens the database: the one that `DATABASE_URL` names, or a PostgreSQL of our own in the data directory. Brings it forward to this
 * release, and checks that the server's role can't step over the walls between tenants.
 * @throws AppError that says in one sentence what is wrong and what to do.
 */
export async function createDatabase(options: {
  readonly config: DatabaseConfig;
  readonly dataDirectory: string;
  readonly runDirectory: string;
  readonly logger: Logger;
  readonly clock: Clock;
}): Promise<Database> {
  const { config, logger } = options;
  if (config.url !== undefined) return openByUrl(config.url, config.ownerUrl, logger);
  const child = await startPostgresChild({ ...options, binaries: await postgresBinaries() });
  try {
    const connection = await setUpOwnCluster(child);
    return createPooledDatabase({ connection, logger, processIds: child.processIds, afterClose: child.close });
  } catch (error) {
    await child.close();
    throw fromVendorError(error);
  }
}

async function openByUrl(url: Secret, ownerUrl: Secret | undefined, logger: Logger): Promise<Database> {
  const connection = { connectionString: url.expose() };
  try {
    if (ownerUrl !== undefined) {
      // The driver's own reading of the address, which knows forms that URL does not (no host, a socket's folder).
      const serverRole = new Client(connection).user ?? '';
      await withClient({ connectionString: ownerUrl.expose() }, (owner) => migrate(owner, serverRole));
    }
    await withClient(connection, async (client) => {
      await requireHarmlessRole(client);
      await requireMigrated(client);
    });
  } catch (error) {
    throw explainConnectionError(error);
  }
  return createPooledDatabase({ connection, logger, processIds: () => [], afterClose: async () => {} });
}

/** Three roles, as in a database of the organisation's own: the superuser makes the others, the owner migrates, the server works. */
async function setUpOwnCluster(child: PostgresChild): Promise<ClientConfig> {
  const { socketFolder: host } = child;
  const [ownerPassword, serverPassword] = [newCredential(''), newCredential('')];
  await withClient(
    { host, user: 'postgres', password: child.superuserPassword.expose(), database: 'postgres' },
    async (client) => {
      // New passwords at each start: nobody but this process ever needs them, so nothing keeps them.
      await ensureRole(client, OWNER_ROLE, ownerPassword);
      await ensureRole(client, SERVER_ROLE, serverPassword);
      const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`create database ${DATABASE} owner ${OWNER_ROLE}`);
    },
  );
  await withClient({ host, user: OWNER_ROLE, password: ownerPassword, database: DATABASE }, (owner) =>
    migrate(owner, SERVER_ROLE),
  );
  const connection = { host, user: SERVER_ROLE, password: serverPassword, database: DATABASE };
  await withClient(connection, requireHarmlessRole);
  return connection;
}

async function ensureRole(client: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  const verb = rowCount === 0 ? 'create' : 'alter';
  await client.query(
    `${verb} role ${role} login nosuperuser nobypassrls nocreatedb nocreaterole noreplication password ${client.escapeLiteral(password)}`,
  );
}

/** The walls between tenants are policies; these are the three ways over them. */
async function requireHarmlessRole(client: Client): Promise<void> {
  const { rows } = await client.query<{ role: string; superuser: boolean; bypasses: boolean; owns: boolean }>(
    `select current_user as role, rolsuper as superuser, rolbypassrls as bypasses,
       exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where n.nspname = 'public' and pg_has_role(current_user, c.relowner, 'usage')) as owns
     from pg_roles where rolname = current_user`,
  );
  const found = rows[0];
  if (found !== undefined && !found.superuser && !found.bypasses && !found.owns) return;
  const fault = found?.superuser
    ? 'is a superuser'
    : found?.bypasses
      ? 'bypasses row-level security'
      : 'owns the tables';
  throw new AppError(
    'failed-precondition',
    `DATABASE_URL signs in as "${found?.role ?? 'unknown'}", which ${fault}, so nothing would keep tenants apart. Make a role for the server: ` +
      "create role cloister_server login password '…' nosuperuser nobypassrls nocreatedb nocreaterole; and name the owner in DATABASE_OWNER_URL.",
  );
}

/** Runs `work` with one connection, and closes it. */
export async function withClient<T>(config: ClientConfig, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ ...config, application_name: 'cloister-start', connectionTimeoutMillis: 10_000 });
  // Without a listener a connection that breaks between two queries would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

function explainConnectionError(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (code === '28P01' || code === '28000') {
    return new AppError(
      'failed-precondition',
      'The database refuses the user or the password of DATABASE_URL or DATABASE_OWNER_URL.',
      { cause: error },
    );
  }
  if (code === '3D000')
    return new AppError('failed-precondition', 'The database that DATABASE_URL names does not exist.', {
      cause: error,
    });
  const translated = fromVendorError(error);
  if (!(translated instanceof AppError) || translated.code !== 'unavailable') return translated;
  return new AppError(
    'unavailable',
    'The database that DATABASE_URL names cannot be reached. Check that it runs and that the address is right.',
    { cause: error },
  );
}
