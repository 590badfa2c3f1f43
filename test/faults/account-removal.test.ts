import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountList, createdAccount } from '../../contract/app/index.ts';
import { runDirectoryOf } from '../../contract/run-directory.ts';
import { acceptInvitation, type Caller, invite, must, send } from '../support/callers.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';

const PASSWORD = 'a password for the laboratory';
const PROJECTS = 12;

let deployment: Deployment;
beforeAll(async () => {
  deployment = await startDeployment();
});
afterAll(() => deployment?.remove());

it('removes everything of an account from every table and from the disk, and nothing of another one', async () => {
  const superuser = await connectAsSuperuser();
  try {
    const kept = await fillAccount('Clinic');
    const keptRows = await rowsThatTell(superuser, kept.accountId);
    const { accountId, userIds } = await fillAccount('Laboratory');
    await addWhatTakesADevice(superuser, accountId, userIds[0] ?? '');
    const before = await rowsThatTell(superuser, accountId);
    // A table of accounts without a row would prove nothing about it.
    expect([...before.keys()].sort()).toEqual(await tablesOfAccounts(superuser));
    expect(existsSync(folderOf(accountId))).toBe(true);

    const wrong = await deployment.cloister('account', 'delete', accountId, '--yes-delete', 'laboratory');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was deleted') });
    expect(await rowsThatTell(superuser, accountId)).toEqual(before);
    const done = await deployment.cloister('account', 'delete', accountId, '--yes-delete', 'Laboratory');
    expect(done).toMatchObject({ code: 0, stderr: '' });

    // What is left of it is that it was removed, in the log of whoever did it.
    expect(await rowsThatTell(superuser, accountId)).toEqual(new Map([['audit_events', 1]]));
    for (const userId of userIds) expect(await rowsThatTell(superuser, userId)).toEqual(new Map());
    expect(existsSync(folderOf(accountId))).toBe(false);
    expect(await rowsThatTell(superuser, kept.accountId)).toEqual(keptRows);
    expect(readdirSync(folderOf(kept.accountId))).toHaveLength(1);
    expect((await deployment.cloister('audit', 'verify')).code).toBe(0);
    const again = await deployment.cloister('account', 'delete', accountId, '--yes-delete', 'Laboratory');
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no account') });
  } finally {
    await superuser.end();
  }
}, 300_000);

it('refuses the account that operates the deployment', async () => {
  const { items } = accountList.parse(JSON.parse((await deployment.cloister('account', 'list', '--json')).stdout));
  const [operating] = items;
  const { code, stderr } = await deployment.cloister(
    ...['account', 'delete', operating?.id ?? '', '--yes-delete', operating?.name ?? ''],
  );
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('operates the deployment') });
  expect((await deployment.cloister('project', 'list')).code).toBe(0);
}, 60_000);

it.each(['its projects are gone', 'its row is about to go'])(
  'is finished by a second delete after kill -9 when %s',
  async (instant) => {
    const { accountId } = await fillAccount('Laboratory', PROJECTS);
    const superuser = await connectAsSuperuser();
    const isHeld = instant === 'its row is about to go';
    if (isHeld) {
      // Whoever holds the row lets everything happen that comes before its removal, and nothing after.
      await superuser.query('begin');
      await superuser.query('select from accounts where id = $1 for update', [accountId]);
    }
    const deleting = deployment.cloister('account', 'delete', accountId, '--yes-delete', 'Laboratory');
    const count = async () => {
      const { rows } = await superuser.query('select count(*)::int as left from projects where account_id = $1', [
        accountId,
      ]);
      return rows[0].left as number;
    };
    while ((await count()) > 0) await wait(1);
    if (isHeld) while (existsSync(folderOf(accountId))) await wait(1);
    await deployment.kill();
    expect((await deleting).code).toBe(1);
    await superuser.end().catch(() => {});

    deployment = await deployment.restart();
    const { items } = accountList.parse(JSON.parse((await deployment.cloister('account', 'list', '--json')).stdout));
    expect(items.map(({ id }) => id)).toContain(accountId);
    const again = await deployment.cloister('account', 'delete', accountId, '--yes-delete', 'Laboratory');
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(folderOf(accountId))).toBe(false);
    const after = await connectAsSuperuser();
    try {
      // The crash is told too: it was begun twice.
      expect(await rowsThatTell(after, accountId)).toEqual(new Map([['audit_events', 2]]));
    } finally {
      await after.end();
    }
    expect((await deployment.cloister('audit', 'verify')).code).toBe(0);
  },
  300_000,
);

function folderOf(accountId: string): string {
  return join(deployment.dataDirectory, 'buckets', accountId);
}

/** An account with people, credentials and saved work in so many projects. */
async function fillAccount(name: string, projects = 1): Promise<{ accountId: string; userIds: string[] }> {
  const { url } = deployment;
  const { stdout } = await deployment.cloister(
    ...['account', 'create', '--name', name, '--owner-email', 'lin@example.net', '--json'],
  );
  const { account, invitation } = createdAccount.parse(JSON.parse(stdout));
  const lin = await acceptInvitation(url, invitation.link, { name: 'Lin', password: PASSWORD });
  const call = <T = { id: string }>(method: string, path: string, body?: object, by: Caller = lin) =>
    must<T>(url, by, method, `/api/v1${path}`, body);
  const colleague = await invite(url, lin, { email: 'bo@example.net', role: 'member', password: PASSWORD });
  const userIds: string[] = [];
  for (const caller of [lin, colleague])
    userIds.push((await call<{ user: { id: string } }>('GET', '/session', undefined, caller)).user.id);
  await call('POST', '/invitations', { email: 'cy@example.net', role: 'member' });
  await call('POST', `/people/${userIds[1]}/password-reset`);
  await call('POST', '/profile/totp', undefined, colleague);
  const service = await call('POST', '/service-ids', { name: 'Import' });
  await call('POST', `/service-ids/${service.id}/api-keys`, { name: 'key' });
  for (let number = 0; number < projects; number += 1) {
    const { id } = await call('POST', '/projects', { name: `Project ${number}` });
    const template = await call<{ id: string }>('POST', `/projects/${id}/prompt-templates`, {
      name: 'Template',
      content,
    });
    const saved = `/projects/${id}/prompt-templates/${template.id}`;
    await call('PATCH', saved, { settings: { keepsVersions: true } });
    // What it replaces stays as a version.
    await call('PATCH', saved, { content });
    await call('PUT', `${saved}/lock`, { editorId: randomUUID() });
    const object = `/api/v1/projects/${id}/bucket/objects/${randomUUID()}`;
    await must(url, lin, 'PUT', object, Buffer.from('bytes'), { 'content-type': 'application/octet-stream' });
    await call('PUT', `/projects/${id}/collaborators/${userIds[1]}`, { role: 'viewer' });
    await call('PUT', `/projects/${id}/bucket/grants/${service.id}`, { access: 'writer' });
    await call('POST', '/api-keys', { name: 'limited', scope: { projectId: id } });
  }
  await send(url, lin, 'DELETE', `/api/v1/projects/${randomUUID()}`);
  return { accountId: account.id, userIds: [...userIds, service.id] };
}

const content = {
  mode: 'freeform',
  modelId: 'huggingfacetb/smollm2-135m-instruct',
  parameters: {
    ...{ decodingMethod: 'greedy', maxNewTokens: 20, minNewTokens: 0, temperature: 0.7 },
    ...{ topK: 50, topP: 1, repetitionPenalty: 1, stopSequences: [] },
  },
  text: 'What the laboratory has saved.',
};

/** Rows that a test without a passkey, a provider and a thousand events has no other way to. */
async function addWhatTakesADevice(superuser: Client, accountId: string, userId: string): Promise<void> {
  const whose = [accountId, userId];
  await superuser.query("insert into recovery_codes values ($1, $2, 'hash')", whose);
  await superuser.query("insert into federated_identities values ($1, $2, 'issuer', 'subject', now())", whose);
  await superuser.query(
    "insert into passkeys values (gen_random_uuid(), $1, $2, 'Key', 'credential', '', 0, '{}', now())",
    whose,
  );
  await superuser.query(
    `insert into sign_in_steps (id, token_hash, purpose, account_id, user_id, data, expires_at)
     values (gen_random_uuid(), 'hash', 'second-factor', $1, $2, '{}', now() + interval '1 hour')`,
    whose,
  );
  await superuser.query("insert into key_bindings (account_id, state, changed_at) values ($1, 'enabled', now())", [
    accountId,
  ]);
  await superuser.query(
    `insert into uploads (id, account_id, project_id, created_by, created_at, expires_at, type, name, length_bytes, purpose,
       stored_as, project_key_id, wrapped_key)
     select gen_random_uuid(), account_id, project_id, $2, now(), now() + interval '1 hour', 'data-asset', 'Upload', 1, 'asset',
       gen_random_uuid(), id, '' from project_keys where account_id = $1 limit 1`,
    whose,
  );
  // The tests' storage is a folder, which has no credentials.
  await superuser.query(
    "insert into bucket_credentials select account_id, id, '' from projects where account_id = $1 limit 1",
    [accountId],
  );
  await superuser.query("insert into audit_checkpoints values ($1, 1, '', now(), false, '')", [accountId]);
}

/** Every table that can hold something of an account, by the catalog. */
async function tablesOfAccounts(superuser: Client): Promise<string[]> {
  const { rows } = await superuser.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'p') and (c.relname = 'accounts' or exists (
       select from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped))`,
  );
  return rows.map(({ name }) => name).sort();
}

/** In which tables, of all that there are, rows hold an id anywhere in them, and how many. */
async function rowsThatTell(superuser: Client, id: string): Promise<Map<string, number>> {
  const { rows: tables } = await superuser.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'p') order by 1`,
  );
  const found = new Map<string, number>();
  for (const { name } of tables) {
    const { rows } = await superuser.query<{ rows: number }>(
      `select count(*)::int as rows from ${superuser.escapeIdentifier(name)} t where t::text like $1`,
      [`%${id}%`],
    );
    if ((rows[0]?.rows ?? 0) > 0) found.set(name, rows[0]?.rows ?? 0);
  }
  return found;
}

async function connectAsSuperuser(): Promise<Client> {
  const { dataDirectory, folder } = deployment;
  const runDirectory = runDirectoryOf(dataDirectory, {
    userId: process.getuid?.() ?? 0,
    runtimeDirectory: join(folder, 'run'),
    temporaryDirectory: join(folder, 'tmp'),
  });
  const client = new Client({
    host: join(runDirectory, 'pg'),
    user: 'postgres',
    password: readFileSync(join(dataDirectory, 'postgres.password'), 'utf8').trim(),
    database: 'cloister',
  });
  // The database goes with the server that is killed.
  client.on('error', () => {});
  await client.connect();
  return client;
}
