import type { Insertable } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { Tables } from './tables.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

type Role = Tables['users']['role'];
const now = new Date('2026-05-01T12:00:00Z');
const denied = { code: 'permission-denied', details: { reason: 'row-level-security' } };

/** What the services refuse, asked for in SQL as if they did not. */
describe('the walls around the roles of an account', () => {
  let database: TestDatabase;
  let accountId: string;
  let owner: string;
  let administrator: string;
  let member: string;
  let colleague: string;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.close());
  beforeEach(async () => {
    [accountId, owner, administrator, member, colleague] = [newId(), newId(), newId(), newId(), newId()];
    await as(undefined, async (transaction) => {
      await transaction.insertInto('accounts').values({ id: accountId, name: 'A', created_at: now }).execute();
      for (const [id, role] of [
        [owner, 'owner'],
        [newId(), 'owner'],
        [administrator, 'administrator'],
        [member, 'member'],
        [colleague, 'member'],
      ] as const)
        await transaction.insertInto('users').values(person(id, role)).execute();
    });
  });

  function as<T>(userId: string | undefined, work: Parameters<TestDatabase['inAccount']>[1]): Promise<T> {
    return database.inAccount(userId === undefined ? { accountId } : { accountId, userId }, work) as Promise<T>;
  }

  function person(id: string, role: Role, rest: Partial<Insertable<Tables['users']>> = {}) {
    return {
      id,
      account_id: accountId,
      kind: role === 'service' ? ('service' as const) : ('person' as const),
      email: role === 'service' ? null : `${id}@example.org`,
      name: 'Ada',
      role,
      password_hash: role === 'service' ? null : 'x',
      created_at: now,
      ...rest,
    };
  }

  const add = (by: string | undefined, row: Insertable<Tables['users']>) =>
    as(by, (transaction) => transaction.insertInto('users').values(row).execute());
  const change = (by: string | undefined, id: string, set: Partial<Insertable<Tables['users']>>) =>
    as<{ numUpdatedRows: bigint }>(by, (transaction) =>
      transaction.updateTable('users').set(set).where('id', '=', id).executeTakeFirstOrThrow(),
    );
  const remove = (by: string | undefined, id: string) =>
    as<{ numDeletedRows: bigint }>(by, (transaction) =>
      transaction.deleteFrom('users').where('id', '=', id).executeTakeFirstOrThrow(),
    );
  const link = (purpose: 'invitation' | 'password-reset', rest: { role?: Role; email?: string; user_id?: string }) => ({
    id: newId(),
    account_id: accountId,
    purpose,
    token_hash: newId(),
    email: null,
    user_id: null,
    created_by: null,
    created_at: now,
    expires_at: new Date('2099-01-01T00:00:00Z'),
    ...rest,
    role: rest.role === 'service' || rest.role === undefined ? null : rest.role,
  });
  const addLink = (by: string | undefined, row: Insertable<Tables['one_time_links']>) =>
    as(by, (transaction) => transaction.insertInto('one_time_links').values(row).execute());

  it('let nobody but those who manage people change a role or suspend, themselves included', async () => {
    for (const role of ['administrator', 'owner', 'governance-administrator', 'billing-viewer'] as const)
      await expect(change(member, member, { role })).rejects.toMatchObject(denied);
    await expect(change(member, member, { suspended_at: now })).rejects.toMatchObject(denied);
    expect(await change(member, colleague, { role: 'administrator' })).toEqual({ numUpdatedRows: 0n });
    expect(await remove(member, colleague)).toEqual({ numDeletedRows: 0n });
    expect(await change(member, member, { name: 'Grace', password_hash: 'y' })).toEqual({ numUpdatedRows: 1n });
    expect(await change(administrator, member, { role: 'billing-viewer' })).toEqual({ numUpdatedRows: 1n });
    expect(await change(administrator, member, { suspended_at: now })).toEqual({ numUpdatedRows: 1n });
    expect(await change(administrator, administrator, { role: 'member' })).toEqual({ numUpdatedRows: 1n });
  });

  it('let only an owner make, change or remove an owner', async () => {
    await expect(change(administrator, administrator, { role: 'owner' })).rejects.toMatchObject(denied);
    await expect(change(administrator, member, { role: 'owner' })).rejects.toMatchObject(denied);
    for (const set of [{ role: 'member' }, { suspended_at: now }, { name: 'Eve' }, { password_hash: 'mine' }] as const)
      await expect(change(administrator, owner, set)).rejects.toMatchObject(denied);
    await expect(remove(administrator, owner)).rejects.toMatchObject(denied);
    await expect(add(administrator, person(newId(), 'owner'))).rejects.toMatchObject(denied);
    expect(await change(owner, administrator, { role: 'owner' })).toEqual({ numUpdatedRows: 1n });
    expect(await change(owner, administrator, { role: 'member' })).toEqual({ numUpdatedRows: 1n });
    expect(await remove(owner, colleague)).toEqual({ numDeletedRows: 1n });
    expect(await change(owner, owner, { role: 'member' })).toEqual({ numUpdatedRows: 1n });
  });

  it('let nobody give anybody else a password or an address, or make somebody another kind of actor', async () => {
    for (const set of [{ password_hash: 'mine' }, { email: 'eve@example.org' }])
      for (const by of [administrator, owner]) await expect(change(by, member, set)).rejects.toMatchObject(denied);
    await expect(change(member, member, { email: 'eve@example.org' })).rejects.toMatchObject(denied);
    await expect(change(administrator, member, { id: newId() })).rejects.toMatchObject(denied);
    const asService = { kind: 'service', role: 'service', email: null, password_hash: null } as const;
    await expect(change(owner, member, asService)).rejects.toMatchObject(denied);
  });

  it('let people join with the role that they were invited to, and no other', async () => {
    const [self, email] = [newId(), 'grace@example.org'];
    await expect(add(self, person(self, 'member', { email }))).rejects.toMatchObject(denied);
    await addLink(administrator, link('invitation', { email, role: 'member' }));
    for (const role of ['owner', 'administrator', 'billing-viewer'] as const)
      await expect(add(self, person(self, role, { email }))).rejects.toMatchObject(denied);
    await expect(add(self, person(self, 'member', { email: 'eve@example.org' }))).rejects.toMatchObject(denied);
    await expect(add(self, person(newId(), 'member', { email }))).rejects.toMatchObject(denied);
    await add(self, person(self, 'member', { email }));
    // Of two at once the later one hears what the constraint says, though the invitation may be used up.
    const later = newId();
    await expect(add(later, person(later, 'member', { email }))).rejects.toMatchObject({ code: 'already-exists' });
    // What they may see of the account did not change with the question whether they were invited.
    const links = await as(self, (transaction) => transaction.selectFrom('one_time_links').selectAll().execute());
    expect(links).toMatchObject([{ email }]);
  });

  it('let somebody whom an identity provider brings join without a password', async () => {
    const self = newId();
    await add(self, person(self, 'administrator', { password_hash: null }));
  });

  it('let the first of an account where nobody is and nobody is invited be its owner', async () => {
    accountId = newId();
    const self = newId();
    await as(self, (transaction) =>
      transaction.insertInto('accounts').values({ id: accountId, name: 'New', created_at: now }).execute(),
    );
    await addLink(undefined, link('invitation', { email: 'somebody@example.org', role: 'owner' }));
    await expect(add(self, person(self, 'owner'))).rejects.toMatchObject(denied);
    await as(undefined, (transaction) => transaction.deleteFrom('one_time_links').execute());
    await expect(add(self, person(self, 'member'))).rejects.toMatchObject(denied);
    await add(self, person(self, 'owner'));
  });

  it('let administrators invite no owner, and reset no owner’s password', async () => {
    const email = 'grace@example.org';
    const toOwner = link('invitation', { email, role: 'owner' });
    const ofOwner = link('password-reset', { user_id: owner });
    for (const row of [toOwner, ofOwner]) await expect(addLink(administrator, row)).rejects.toMatchObject(denied);
    await addLink(administrator, link('invitation', { email, role: 'administrator' }));
    await addLink(administrator, link('password-reset', { user_id: member }));
    for (const row of [toOwner, ofOwner]) await addLink(owner, row);
    const expired = { ...toOwner, id: newId(), token_hash: newId(), expires_at: now };
    await addLink(owner, expired);
    const tidied = await as(administrator, (transaction) =>
      transaction.deleteFrom('one_time_links').where('id', '=', expired.id).executeTakeFirst(),
    );
    expect(tidied).toEqual({ numDeletedRows: 1n });
    const changed = await as<unknown>(administrator, async (transaction) => [
      (
        await transaction
          .updateTable('one_time_links')
          .set({ token_hash: 'mine' })
          .where('role', '=', 'owner')
          .execute()
      ).length,
      await transaction.deleteFrom('one_time_links').where('id', 'in', [toOwner.id, ofOwner.id]).executeTakeFirst(),
      await transaction
        .updateTable('one_time_links')
        .set({ token_hash: 'theirs' })
        .where('id', 'in', [toOwner.id, ofOwner.id])
        .executeTakeFirst(),
    ]);
    expect(changed).toMatchObject([1, { numDeletedRows: 0n }, { numUpdatedRows: 0n }]);
    const raised = as(administrator, (transaction) =>
      transaction.updateTable('one_time_links').set({ role: 'owner' }).where('role', '=', 'administrator').execute(),
    );
    await expect(raised).rejects.toMatchObject(denied);
  });

  describe('hold for every credential:', () => {
    const of = (userId: string) => ({ account_id: accountId, user_id: userId });
    const rows = {
      api_keys: (userId: string) => ({
        ...of(userId),
        id: newId(),
        name: 'k',
        prefix: 'cl_',
        key_hash: newId(),
        created_at: now,
        scope_inference_only: false,
      }),
      login_sessions: (userId: string) => ({
        ...of(userId),
        id: newId(),
        token_hash: newId(),
        created_at: now,
        last_used_at: now,
        expires_at: now,
        method: 'password' as const,
        has_second_factor: false,
        browser: 'unknown',
      }),
      totp_secrets: (userId: string) => ({ ...of(userId), wrapped_secret: Buffer.from('s'), begun_at: now }),
      recovery_codes: (userId: string) => ({ ...of(userId), code_hash: newId() }),
      passkeys: (userId: string) => ({
        ...of(userId),
        id: newId(),
        name: 'p',
        credential_id: newId(),
        public_key: Buffer.from('p'),
        counter: 0,
        transports: [],
        created_at: now,
      }),
      federated_identities: (userId: string) => ({ ...of(userId), issuer: 'i', subject: newId(), created_at: now }),
    } as const;

    it.each(Object.keys(rows) as (keyof typeof rows)[])('%s', async (table) => {
      const insert = (by: string | undefined, userId: string) =>
        as(by, (transaction) =>
          transaction
            .insertInto(table)
            .values(rows[table](userId) as never)
            .execute(),
        );
      const move = (by: string, from: string, to: string) =>
        as<{ numUpdatedRows: bigint }>(by, (transaction) =>
          transaction
            .updateTable(table)
            .set({ user_id: to } as never)
            .where('user_id' as never, '=', from as never)
            .executeTakeFirstOrThrow(),
        );
      const removeOf = (by: string, userId: string) =>
        as<{ numDeletedRows: bigint }>(by, (transaction) =>
          transaction
            .deleteFrom(table)
            .where('user_id' as never, '=', userId as never)
            .executeTakeFirstOrThrow(),
        );
      await expect(insert(administrator, owner)).rejects.toMatchObject(denied);
      await expect(insert(member, owner)).rejects.toMatchObject(denied);
      for (const by of [owner, undefined]) await insert(by, by ?? administrator);
      expect(await move(administrator, owner, administrator)).toEqual({ numUpdatedRows: 0n });
      await expect(move(administrator, administrator, owner)).rejects.toMatchObject(denied);
      expect(await removeOf(administrator, owner)).toEqual({ numDeletedRows: 0n });
      await insert(administrator, member);
      expect(await removeOf(administrator, member)).toEqual({ numDeletedRows: 1n });
      expect(await removeOf(owner, administrator)).toEqual({ numDeletedRows: 1n });
    });
  });
});
