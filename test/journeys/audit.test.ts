import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { auditEvent, auditVerification, createdAccount } from '../../contract/app/index.ts';
import { runDirectoryOf } from '../../contract/run-directory.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';

const verification = z.object({ ok: z.boolean(), accounts: z.array(auditVerification) });
const exportedEvent = auditEvent.extend({ accountId: z.uuid() });

describe('the audit log of a real deployment', () => {
  let deployment: Deployment;
  /** Somebody who can do everything in the database, and has no key. */
  let intruder: Client;

  beforeAll(async () => {
    deployment = await startDeployment();
    const { dataDirectory, folder } = deployment;
    const runDirectory = runDirectoryOf(dataDirectory, {
      userId: process.getuid?.() ?? 0,
      runtimeDirectory: join(folder, 'run'),
      temporaryDirectory: join(folder, 'tmp'),
    });
    intruder = new Client({
      host: join(runDirectory, 'pg'),
      user: 'postgres',
      password: readFileSync(join(dataDirectory, 'postgres.password'), 'utf8').trim(),
      database: 'cloister',
    });
    await intruder.connect();
    for (const name of ['one', 'two', 'three']) await makeApiKey(name);
  });
  afterAll(async () => {
    await intruder?.end();
    await deployment?.remove();
  });

  async function makeApiKey(name: string): Promise<void> {
    const { code, stderr } = await deployment.cloister('api-key', 'create', '--name', name);
    expect([code, stderr]).toEqual([0, '']);
  }

  async function verify(...options: string[]) {
    const { code, stdout } = await deployment.cloister('audit', 'verify', '--json', ...options);
    const { ok, accounts } = verification.parse(JSON.parse(stdout));
    const faults = accounts.flatMap(({ faults }) => faults.map(({ kind, sequence }) => `${kind} ${sequence}`));
    return { code, ok, accounts, faults };
  }

  async function lastSequence(): Promise<number> {
    const { rows } = await intruder.query('select max(sequence)::int as last from audit_events');
    return rows[0].last;
  }

  const tables = ['audit_events', 'audit_chains', 'audit_checkpoints'];
  /** Does something behind the server's back, tells what verification says of it, and undoes it. */
  async function findAfter(...statements: string[]) {
    for (const table of tables) await intruder.query(`create temporary table kept_${table} as table public.${table}`);
    try {
      for (const statement of statements) await intruder.query(statement);
      return await verify();
    } finally {
      await intruder.query(`truncate ${tables.join(', ')}`);
      for (const table of tables) {
        await intruder.query(`insert into ${table} table kept_${table}`);
        await intruder.query(`drop table kept_${table}`);
      }
    }
  }

  it('is whole, and tells who did what from where', async () => {
    const { code, ok, accounts, faults } = await verify();
    expect({ code, ok, faults }).toEqual({ code: 0, ok: true, faults: [] });
    expect(accounts).toHaveLength(1);
    expect(accounts[0]?.last).toBe(await lastSequence());

    const { stdout } = await deployment.cloister('audit', 'export', '--action', 'api-key.create');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => exportedEvent.parse(JSON.parse(line)));
    expect(events).toHaveLength(3);
    for (const { actor, outcome } of events)
      expect({ name: actor.name, via: actor.via, outcome }).toEqual({
        name: 'ada',
        via: 'control-socket',
        outcome: 'success',
      });
    const { stdout: text } = await deployment.cloister('audit', 'verify');
    expect(text).toMatch(/whole +\d+ events \(1 to \d+\)/);
  });

  it('is written as CSV too, with the export itself as its newest event', async () => {
    const { stdout } = await deployment.cloister('audit', 'export', '--format', 'csv', '--from', '2020-01-01');
    const [heading, newest] = stdout.split('\r\n');
    expect(heading).toMatch(/^accountId,sequence,at,/);
    expect(newest).toContain(',audit.export,audit-log,');
    const refused = await deployment.cloister('audit', 'export', '--format', 'xlsx');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('format');
    expect(refused.stdout).toBe('');
  });

  it('shows an event that was altered', async () => {
    const found = await findAfter("update audit_events set address = '203.0.113.1' where sequence = 2");
    expect(found).toMatchObject({ code: 1, ok: false, faults: ['altered 2'] });
  });

  it('shows an event that was removed from the middle', async () => {
    const found = await findAfter('delete from audit_events where sequence = 2');
    expect(found).toMatchObject({ code: 1, faults: ['removed 2'] });
  });

  it('shows that the first events were removed', async () => {
    expect(await findAfter('delete from audit_events where sequence < 3')).toMatchObject({
      code: 1,
      faults: ['removed 1'],
    });
  });

  it('shows that the last event was removed, also with the end of the chain moved back', async () => {
    const last = await lastSequence();
    const remove = `delete from audit_events where sequence = ${last}`;
    expect(await findAfter(remove)).toMatchObject({ code: 1, faults: [`removed ${last}`] });
    const moveBack = `update audit_chains set sequence = e.sequence, hash = e.hash from audit_events e where e.sequence = ${last - 1}`;
    expect(await findAfter(remove, moveBack)).toMatchObject({ code: 1, faults: [`signature-not-valid ${last - 1}`] });
  });

  it('shows events that changed their places', async () => {
    const { code, faults } = await findAfter(
      'update audit_events set sequence = 1000 where sequence = 2',
      'update audit_events set sequence = 2 where sequence = 3',
      'update audit_events set sequence = 3 where sequence = 1000',
    );
    expect(code).toBe(1);
    expect(faults).toEqual(expect.arrayContaining(['altered 2', 'altered 3']));
  });

  it('shows, by the anchor of an earlier run, a database that was put back to an older state', async () => {
    const anchor = join(deployment.folder, 'anchor.json');
    expect(await verify('--anchor', anchor)).toMatchObject({ code: 0, ok: true });
    for (const table of tables) await intruder.query(`create table public.backup_${table} as table ${table}`);
    await makeApiKey('after the backup');
    const latest = await lastSequence();
    expect(await verify('--anchor', anchor)).toMatchObject({ code: 0, ok: true });
    await intruder.query(`truncate ${tables.join(', ')}`);
    for (const table of tables) {
      await intruder.query(`insert into ${table} table backup_${table}`);
      await intruder.query(`drop table backup_${table}`);
    }
    // The older chain is whole in itself; only what is kept outside the database shows what is missing.
    expect(await verify()).toMatchObject({ code: 0, ok: true });
    for (let time = 0; time < 2; time += 1)
      expect(await verify('--anchor', anchor)).toMatchObject({ code: 1, faults: [`anchor-missing ${latest}`] });
    // Nor does it help to go on until the chain is as long again.
    await makeApiKey('another');
    expect(await verify('--anchor', anchor)).toMatchObject({ code: 1, faults: [`anchor-missing ${latest}`] });
    rmSync(anchor);
    expect(await verify('--anchor', anchor)).toMatchObject({ code: 0, ok: true });
  });

  it('tells an account that was removed from one that somebody made disappear', async () => {
    const anchor = join(deployment.folder, 'accounts.json');
    const make = async () => {
      const asked = ['account', 'create', '--name', 'Laboratory', '--owner-email', 'lin@example.net', '--json'];
      return createdAccount.parse(JSON.parse((await deployment.cloister(...asked)).stdout)).account.id;
    };
    const [removed, disappeared] = [await make(), await make()];
    expect(await verify('--anchor', anchor)).toMatchObject({ code: 0, ok: true });
    const deleted = await deployment.cloister('account', 'delete', removed, '--yes-delete', 'Laboratory');
    expect(deleted).toMatchObject({ code: 0 });
    expect(await verify('--anchor', anchor)).toMatchObject({ code: 0, ok: true });
    expect(readFileSync(anchor, 'utf8')).not.toContain(removed);
    await intruder.query('delete from accounts where id = $1', [disappeared]);
    for (let time = 0; time < 2; time += 1)
      expect(await verify('--anchor', anchor)).toMatchObject({ code: 1, faults: ['anchor-missing 2'] });
  });

  it('goes on in one chain when the server was killed and started again', async () => {
    await intruder.end();
    await deployment.kill();
    deployment = await deployment.restart();
    await makeApiKey('after the crash');
    expect(await verify()).toMatchObject({ code: 0, ok: true });
  });
});
