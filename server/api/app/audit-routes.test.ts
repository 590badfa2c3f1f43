import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  auditAction,
  auditEvent,
  auditEventList,
  auditRetention,
  auditTargetType,
} from '../../../contract/app/index.ts';
import { type AuditEvent, auditActions, auditTargetTypes, createAuditService } from '../../audit/index.ts';
import { createMemoryAudit } from '../../audit/testing.ts';
import { type Actor, newId, silentLogger } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import { createApi } from '../create-api.ts';
import type { ApiServices } from '../services.ts';

const actor: Actor = {
  accountId: newId(),
  userId: newId(),
  via: 'api-key',
  credentialId: newId(),
  address: '203.0.113.7',
};

describe('the routes of the audit log', () => {
  let api: Awaited<ReturnType<typeof createApi>>;
  const clock = manualClock();
  const log = createMemoryAudit({ clock, nameOfUser: () => 'Ada' });

  beforeAll(async () => {
    const audit = createAuditService({ log, authorize: async () => {}, listAccountIds: async () => [actor.accountId] });
    const called = { identity: { actorOfApiKey: async () => actor }, audit, clock, logger: silentLogger };
    // The other routes are there, and nobody calls them.
    const services = new Proxy(called, { get: (target, name) => Reflect.get(target, name) ?? {} });
    api = await createApi({
      services: services as unknown as ApiServices,
      address: { host: '127.0.0.1', port: 0 },
      runDirectory: tmpdir(),
      webDirectory: tmpdir(),
      version: '0.0.0',
    });
    const target = { type: 'project', id: newId() } as const;
    const events: AuditEvent[] = [
      { action: 'project.create', target, projectId: target.id },
      { action: 'collaborator.add', target, details: { role: 'editor', userId: newId(), fields: ['role'] } },
      {
        action: 'permission.denied',
        target: { type: 'asset' },
        outcome: 'denied',
        details: { deniedAction: 'open-asset' },
      },
    ];
    for (const event of events) {
      await log.audit.record(actor, event);
      clock.advance(1000);
    }
  });
  afterAll(() => api?.close());

  async function call(method: 'GET' | 'PUT' | 'POST', url: string, payload?: object) {
    const headers = { authorization: 'Bearer cl_x', host: '127.0.0.1' };
    return api.app.inject({ method, url: `/api/v1${url}`, headers, ...(payload === undefined ? {} : { payload }) });
  }
  async function actionsOf(query: string): Promise<string[]> {
    const response = await call('GET', `/audit-events?${query}`);
    return auditEventList.parse(response.json()).items.map(({ action }) => action);
  }

  it('know the same words as the room', () => {
    expect(auditAction.options).toEqual(auditActions);
    expect(auditTargetType.options).toEqual(auditTargetTypes);
  });

  it('list events in the shape of the contract, by every filter', async () => {
    expect(await actionsOf('')).toEqual(['permission.denied', 'collaborator.add', 'project.create']);
    expect(await actionsOf('action=project.create')).toEqual(['project.create']);
    expect(await actionsOf('action=project.create&action=collaborator.add')).toEqual([
      'collaborator.add',
      'project.create',
    ]);
    expect(await actionsOf('outcome=denied')).toEqual(['permission.denied']);
    expect(await actionsOf('targetType=asset')).toEqual(['permission.denied']);
    expect(await actionsOf('from=2026-01-01T00:00:01Z&to=2026-01-01T00:00:02Z')).toEqual(['collaborator.add']);
    expect(await actionsOf(`actor=${newId()}`)).toEqual([]);
    const first = auditEventList.parse((await call('GET', '/audit-events?limit=2')).json());
    expect(await actionsOf(`limit=2&cursor=${first.nextCursor}`)).toEqual(['project.create']);
  });

  it.each([
    'limit=0',
    'limit=201',
    'cursor=x',
    'from=yesterday',
    'actor=ada',
    'action=everything',
    'outcome=maybe',
    'targetId=%00',
    'unknown=1',
  ])('refuse the query %s', async (query) => {
    const response = await call('GET', `/audit-events?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.json().code).toBe('invalid-argument');
  });

  it('export JSON Lines in the shape of the contract, as a file', async () => {
    const response = await call('GET', '/audit-events/export?format=jsonl&targetType=project');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('application/x-ndjson');
    expect(response.headers['content-disposition']).toBe('attachment; filename="cloister-audit-2026-01-01.jsonl"');
    const line = auditEvent.extend({ accountId: z.literal(actor.accountId) });
    const events = response.body
      .trimEnd()
      .split('\n')
      .map((text) => line.parse(JSON.parse(text)));
    expect(events.map(({ sequence }) => sequence)).toEqual([2, 1]);
    expect(events[0]?.actor).toEqual({
      userId: actor.userId,
      name: 'Ada',
      via: 'api-key',
      credentialId: actor.credentialId,
      address: '203.0.113.7',
    });
  });

  it('export CSV as a file', async () => {
    const response = await call('GET', '/audit-events/export?format=csv');
    expect(response.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers['content-disposition']).toContain('.csv"');
    expect(response.body.split('\r\n')).toHaveLength(7);
    expect((await call('GET', '/audit-events/export?format=xlsx')).statusCode).toBe(400);
    expect((await call('GET', '/audit-events/export')).statusCode).toBe(400);
  });

  it('give and set the retention', async () => {
    const retention = async () => auditRetention.parse((await call('GET', '/account/audit-retention')).json());
    expect(await retention()).toEqual({ days: null });
    expect((await call('PUT', '/account/audit-retention', { days: 365 })).json()).toEqual({ days: 365 });
    expect(await retention()).toEqual({ days: 365 });
    for (const days of [0, 36_501, 1.5, '7', undefined])
      expect((await call('PUT', '/account/audit-retention', { days })).statusCode).toBe(400);
    expect(await retention()).toEqual({ days: 365 });
  });

  it('tell nobody over the network of verification, whatever is sent', async () => {
    for (const payload of [{ accountId: actor.accountId }, { nothing: 1 }])
      expect((await call('POST', '/audit/verify', payload)).statusCode).toBe(404);
    expect((await call('GET', '/audit/chains')).statusCode).toBe(404);
  });

  it('describe the file in the OpenAPI document, and nothing of the operator’s', async () => {
    const { paths } = (await call('GET', '/openapi.json')).json();
    const files = paths['/api/v1/audit-events/export'].get.responses['200'].content;
    expect(Object.keys(files)).toEqual(['application/x-ndjson', 'text/csv']);
    expect(Object.keys(paths).filter((path) => path.includes('/audit/'))).toEqual([]);
  });
});
