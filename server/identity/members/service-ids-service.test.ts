import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, isAppError, newId, Secret } from '../../core/index.ts';
import { type ManualClock, manualClock } from '../../core/testing.ts';
import { createMemoryIdentity, type MemoryIdentity } from '../testing.ts';

const administrator = { accountName: 'H', name: 'Ada', email: 'ada@example.org', password: new Secret('x'.repeat(12)) };
const robot = { name: 'Nightly build', description: 'Translates the release notes.' };

let clock: ManualClock;
let identity: MemoryIdentity;
let ada: Actor;

beforeEach(async () => {
  clock = manualClock();
  identity = createMemoryIdentity(clock);
  await identity.service.setUpUnattended(administrator);
  ada = await identity.service.administratorActor();
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return isAppError(error) ? error.code : `not refused: ${String(error)}`;
}

const eventsOf = () =>
  identity.audit.events
    .filter(({ action }) => /^(service-id|api-key)\./.test(action))
    .map(({ action, target, details }) => [action, target.id, details]);

describe('service IDs', () => {
  it('are made, described, suspended and removed, and each of it is recorded', async () => {
    const { serviceIds } = identity;
    const made = await serviceIds.create(ada, robot);
    expect(made).toEqual({ ...robot, id: made.id, createdAt: clock.now(), isSuspended: false });
    expect(await serviceIds.change(ada, made.id, { name: 'Weekly build', isSuspended: true })).toMatchObject({
      name: 'Weekly build',
      isSuspended: true,
    });
    expect(await serviceIds.list(ada)).toHaveLength(1);
    expect(await serviceIds.change(ada, made.id, { isSuspended: false })).toMatchObject({ isSuspended: false });
    await serviceIds.remove(ada, made.id);
    expect(await serviceIds.list(ada)).toEqual([]);
    expect(eventsOf()).toEqual([
      ['service-id.create', made.id, undefined],
      ['service-id.change', made.id, { fields: ['name', 'isSuspended'], isSuspended: true }],
      ['service-id.change', made.id, { fields: ['isSuspended'], isSuspended: false }],
      ['service-id.remove', made.id, undefined],
    ]);
  });

  it('sign in with their API keys, by their own name, and with nothing else', async () => {
    const { serviceIds, service } = identity;
    const { id } = await serviceIds.create(ada, robot);
    const { apiKey, key } = await serviceIds.createApiKey(ada, id, { name: 'ci' });
    const actor = { userId: id, accountId: ada.accountId, accountRole: 'service', credentialId: apiKey.id };
    expect(await service.actorOfApiKey(key)).toEqual({ ...actor, via: 'api-key' });
    expect(await service.actorOfApiKey(key, id)).toEqual({ ...actor, via: 'api-key' });
    expect(await codeOf(service.actorOfApiKey(key, ada.userId))).toBe('unauthenticated');
    const { accessToken } = await service.issueAccessToken(key, { username: id });
    expect(await service.actorOfAccessToken(accessToken)).toEqual({ ...actor, via: 'access-token' });
    await serviceIds.change(ada, id, { isSuspended: true });
    expect(await codeOf(service.actorOfApiKey(key))).toBe('unauthenticated');
    expect(await codeOf(service.actorOfAccessToken(accessToken))).toBe('unauthenticated');
    await serviceIds.change(ada, id, { isSuspended: false });
    await service.actorOfAccessToken(accessToken);
    await serviceIds.remove(ada, id);
    expect(await codeOf(service.actorOfApiKey(key))).toBe('unauthenticated');
  });

  it('have keys that are listed, rotated and deleted by whoever manages people', async () => {
    const { serviceIds, service } = identity;
    const { id } = await serviceIds.create(ada, robot);
    const { apiKey, key } = await serviceIds.createApiKey(ada, id, { name: 'ci', scope: { inferenceOnly: true } });
    expect(await serviceIds.listApiKeys(ada, id)).toMatchObject([{ id: apiKey.id, scope: { inferenceOnly: true } }]);
    const rotated = await serviceIds.rotateApiKey(ada, id, apiKey.id);
    expect(rotated.apiKey).toMatchObject({ id: apiKey.id, scope: { inferenceOnly: true } });
    expect(await codeOf(service.actorOfApiKey(key))).toBe('unauthenticated');
    await service.actorOfApiKey(rotated.key);
    await serviceIds.deleteApiKey(ada, id, apiKey.id);
    expect(await codeOf(service.actorOfApiKey(rotated.key))).toBe('unauthenticated');
    expect(await codeOf(serviceIds.deleteApiKey(ada, id, apiKey.id))).toBe('not-found');
    expect(eventsOf().slice(1)).toEqual([
      ['api-key.create', apiKey.id, { userId: id }],
      ['api-key.rotate', apiKey.id, { userId: id }],
      ['api-key.delete', apiKey.id, { userId: id }],
    ]);
  });

  it('are not there for an id of a person, of another account, of nobody, or that can be none', async () => {
    const { serviceIds } = identity;
    const { id } = await serviceIds.create(ada, robot);
    const stranger: Actor = { ...ada, accountId: newId(), userId: newId(), accountRole: 'owner' };
    const attempts = (who: Actor, target: string) => [
      serviceIds.change(who, target, { name: 'x' }),
      serviceIds.remove(who, target),
      serviceIds.createApiKey(who, target, { name: 'x' }),
      serviceIds.listApiKeys(who, target),
      serviceIds.rotateApiKey(who, target, newId()),
      serviceIds.deleteApiKey(who, target, newId()),
    ];
    for (const [who, target] of [
      [stranger, id],
      [ada, ada.userId],
      [ada, newId()],
      [ada, 'x'],
    ] as const) {
      const codes = await Promise.all(attempts(who, target).map(codeOf));
      expect(codes, target).toEqual(Array(6).fill('not-found'));
    }
    expect(await serviceIds.list(stranger)).toEqual([]);
  });

  it('are managed by owners and administrators alone, and never with a limited key', async () => {
    const { serviceIds } = identity;
    for (const accountRole of ['member', 'billing-viewer', 'governance-administrator', 'service'] as const)
      expect(await codeOf(serviceIds.list({ ...ada, accountRole }))).toBe('permission-denied');
    for (const scope of [{ inferenceOnly: true }, { modelIds: ['acme/one'] }, { projectId: newId() }])
      expect(await codeOf(serviceIds.create({ ...ada, accountRole: 'owner', scope }, robot))).toBe('permission-denied');
  });
});
