/** A database that an earlier release has filled comes forward with everything in it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { withClient } from './create-database.ts';
import { migrate, readMigrations } from './migrations.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

let cluster: TestDatabase;
const name = `upgrade_${newId().replaceAll('-', '')}`;

beforeAll(async () => {
  cluster = await createTestDatabase();
  await cluster.ownerQuery("create role upgrade_owner login password 'words'");
  // Fills and looks, past the policies; the owner who migrates is held by them, as in a deployment.
  await cluster.ownerQuery("create role upgrade_witness login superuser password 'words'");
  await cluster.ownerQuery(`create database ${name} owner upgrade_owner`);
});
afterAll(async () => {
  await cluster?.ownerQuery(`drop database if exists ${name} with (force)`);
  await cluster?.close();
});

it('from the first floor: the owner, their sign-ins, a project and what is saved in it', async () => {
  const [account, user, project, asset, object, key] = Array.from({ length: 6 }, newId);
  const as = (role: string) =>
    ({ host: cluster.connection.host, user: role, password: 'words', database: name }) as never;
  const [first] = readMigrations();
  await withClient(as('upgrade_owner'), async (owner) => {
    await owner.query(first?.sql ?? '');
    await owner.query(
      'create table migrations (name text primary key, sha256 text not null, applied_at timestamptz default now())',
    );
    await owner.query('insert into migrations (name, sha256) values ($1, $2)', [first?.name, first?.sha256]);
  });
  await withClient(as('upgrade_witness'), async (client) => {
    const now = '2026-11-01T12:00:00Z';
    const rows: readonly [string, readonly unknown[]][] = [
      ["insert into accounts values ($1, 'Hospital', $2)", [account, now]],
      ["insert into users values ($1, 'ada@example.org', 'Ada', 'hash', $2)", [user, now]],
      ["insert into account_members values ($1, $2, 'owner', $3)", [account, user, now]],
      ["insert into login_sessions values ($1, $2, $3, 'session', $4, $4, $4)", [newId(), account, user, now]],
      ["insert into api_keys values ($1, $2, $3, 'k', 'cl_', 'key', $4, null)", [newId(), account, user, now]],
      ["insert into projects values ($1, $2, 'Contracts', '', $3, $4)", [project, account, user, now]],
      ["insert into project_members values ($1, $2, $3, 'admin', $4)", [account, project, user, now]],
      ["insert into project_keys values ($1, $2, $3, 'local:x', 'w', $4)", [key, account, project, now]],
      [
        "insert into assets values ($1, $2, $3, 'prompt-template', 'T', '', $4, $5, $5)",
        [asset, account, project, user, now],
      ],
      [
        "insert into objects values ($1, $2, $3, $4, 'asset-content', $5, 'w', 694, 's', $6)",
        [object, account, project, asset, key, now],
      ],
    ];
    for (const [text, values] of rows) await client.query(text, [...values]);
    await withClient(as('upgrade_owner'), (owner) => migrate(owner, 'cloister_server'));

    const one = async (text: string) => (await client.query(text)).rows;
    expect(await one('select id, account_id, kind, email, role, password_hash, suspended_at from users')).toEqual([
      {
        id: user,
        account_id: account,
        kind: 'person',
        email: 'ada@example.org',
        role: 'owner',
        password_hash: 'hash',
        suspended_at: null,
      },
    ]);
    expect(await one('select user_id, method, browser from login_sessions')).toEqual([
      { user_id: user, method: 'password', browser: 'unknown' },
    ]);
    expect(await one('select user_id, expires_at, scope_project_id, scope_inference_only from api_keys')).toEqual([
      { user_id: user, expires_at: null, scope_project_id: null, scope_inference_only: false },
    ]);
    expect(await one('select id, sealed_size_bytes::int as size from assets')).toEqual([{ id: asset, size: 694 }]);
    expect(await one('select id, asset_id, stored_as from objects')).toEqual([
      { id: object, asset_id: asset, stored_as: object },
    ]);
    expect(await one('select revision::int, expires_at, autosaves, keeps_versions from assets')).toEqual([
      { revision: 1, expires_at: null, autosaves: false, keeps_versions: false },
    ]);
    // What was saved is the content of its asset, and not of a part.
    expect(await one('select part_id, expires_at, saved_by from objects')).toEqual([
      { part_id: null, expires_at: null, saved_by: null },
    ]);
    expect(await one('select user_id, role from project_members')).toEqual([{ user_id: user, role: 'admin' }]);
  });
});
