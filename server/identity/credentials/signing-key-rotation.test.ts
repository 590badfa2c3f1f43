import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, isAppError, Secret } from '../../core/index.ts';
import { type ManualClock, manualClock } from '../../core/testing.ts';
import { createMemoryIdentity, createReplica, type MemoryIdentity } from '../testing.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const administrator = { accountName: 'H', name: 'Ada', email: 'ada@example.org', password: new Secret('x'.repeat(12)) };

let clock: ManualClock;
let one: MemoryIdentity;
let other: MemoryIdentity;
let operator: Actor;
let key: Secret;

beforeEach(async () => {
  clock = manualClock();
  one = createMemoryIdentity(clock);
  other = createReplica(one, clock);
  await one.service.setUpUnattended(administrator);
  operator = await one.service.administratorActor();
  key = (await one.service.createApiKey(operator, { name: 'scripts' })).key;
});

async function issueAt(server: MemoryIdentity): Promise<Secret> {
  return (await server.service.issueAccessToken(key)).accessToken;
}

function keyOf(token: Secret): unknown {
  const [header = ''] = token.expose().split('.');
  return (JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { kid: unknown }).kid;
}

async function publishedBy(server: MemoryIdentity, purpose: 'access-token' | 'audit' = 'access-token') {
  return (await server.service.listPublicKeys(purpose)).map(({ kid }) => kid);
}

describe('rotating the key of access tokens', () => {
  it('breaks no token: each server takes what the other signed before and after', async () => {
    const before = [await issueAt(one), await issueAt(other)];
    const id = await one.service.rotateSigningKey(operator, 'access-token');
    const after = [await issueAt(one), await issueAt(other)];
    expect(keyOf(after[0] as Secret)).toBe(id);
    // The other server has not read the new key yet, and goes on with the old one for a minute.
    expect(after.map(keyOf)).toContain(keyOf(before[0] as Secret));
    for (const server of [one, other])
      for (const token of [...before, ...after]) await server.service.actorOfAccessToken(token);
    clock.advance(61_000);
    expect(keyOf(await issueAt(other))).toBe(id);
  });

  it('publishes the old key until nothing that it signed is valid, and deletes it then', async () => {
    const old = keyOf(await issueAt(other));
    clock.advance(1000);
    const id = await one.service.rotateSigningKey(operator, 'access-token');
    clock.advance(58_000);
    const last = await issueAt(other);
    expect(keyOf(last)).toBe(old);
    expect(await publishedBy(one)).toEqual([old, id]);
    clock.advance(3_599_000);
    await one.service.actorOfAccessToken(last);
    await one.rotateSigningKeysWhenDue();
    expect(await publishedBy(other)).toEqual([old, id]);
    clock.advance(300_000);
    await one.rotateSigningKeysWhenDue();
    expect(await publishedBy(other)).toEqual([id]);
    expect(await one.credentials.listSigningKeys('access-token')).toHaveLength(1);
  });

  it('happens by itself after thirty days, and not before', async () => {
    const first = keyOf(await issueAt(one));
    clock.advance(30 * DAY_MS - 1000);
    await one.rotateSigningKeysWhenDue();
    expect(keyOf(await issueAt(one))).toBe(first);
    clock.advance(1000);
    await one.rotateSigningKeysWhenDue();
    expect(keyOf(await issueAt(one))).not.toBe(first);
    await other.rotateSigningKeysWhenDue();
    expect(await publishedBy(one)).toHaveLength(2);
  });

  it('is recorded, and only the operator at the control socket may ask for it', async () => {
    const id = await one.service.rotateSigningKey(operator, 'access-token');
    expect(one.audit.events.at(-1)).toMatchObject({
      action: 'signing-key.rotate',
      target: { type: 'signing-key', id },
      actor: { via: 'control-socket' },
    });
    const remote = { ...operator, via: 'login-session', accountRole: 'owner' } as const;
    const refused = await one.service.rotateSigningKey(remote, 'access-token').catch((error: unknown) => error);
    expect(isAppError(refused, 'permission-denied')).toBe(true);
  });
});

it('servers that make the first key at the same moment take each other’s tokens', async () => {
  const tokens = await Promise.all([issueAt(one), issueAt(other)]);
  for (const server of [one, other]) for (const token of tokens) await server.service.actorOfAccessToken(token);
  clock.advance(61_000);
  expect(keyOf(await issueAt(one))).toBe(keyOf(await issueAt(other)));
});

it('keys of the audit log stay published for ever', async () => {
  const ids = [
    await one.service.rotateSigningKey(operator, 'audit'),
    await one.service.rotateSigningKey(operator, 'audit'),
  ];
  clock.advance(10 * 365 * DAY_MS);
  await one.rotateSigningKeysWhenDue();
  expect(await publishedBy(other, 'audit')).toEqual(expect.arrayContaining(ids));
  expect((await publishedBy(one)).filter((id) => ids.includes(id as string))).toEqual([]);
});
