import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, type AuthorizationRequest, isAppError, newId, Secret } from '../../core/index.ts';
import { type ManualClock, manualClock } from '../../core/testing.ts';
import { createMemoryIdentity, type MemoryIdentity } from '../testing.ts';
import type { NewApiKey } from './api-keys.ts';

const administrator = { accountName: 'H', name: 'Ada', email: 'ada@example.org', password: new Secret('x'.repeat(12)) };
const HOUR_MS = 3_600_000;

let clock: ManualClock;
let identity: MemoryIdentity;
let ada: Actor;
let projectId: string;
let otherProjectId: string;

beforeEach(async () => {
  clock = manualClock();
  identity = createMemoryIdentity(clock);
  await identity.service.setUpUnattended(administrator);
  ada = await identity.service.administratorActor();
  [projectId, otherProjectId] = [newId(), newId()];
  for (const id of [projectId, otherProjectId]) identity.access.setProjectAccess(ada, id, { role: 'admin' });
});

async function errorOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!isAppError(error)) throw new Error(`it was not refused: ${String(error)}`);
  return { code: error.code, message: error.message, reason: error.details.reason };
}

async function actorWith(request: Omit<NewApiKey, 'name'>): Promise<Actor> {
  const { key } = await identity.service.createApiKey(ada, { name: 'limited', ...request });
  return identity.service.actorOfApiKey(key);
}

const ask = (actor: Actor, request: AuthorizationRequest) => identity.authorize(actor, request);

describe('an API key', () => {
  it('that has expired is refused in the same words as one that never was', async () => {
    const expiresAt = new Date(clock.now().getTime() + HOUR_MS);
    const { key } = await identity.service.createApiKey(ada, { name: 'short', expiresAt });
    clock.advance(HOUR_MS - 1);
    await identity.service.actorOfApiKey(key);
    clock.advance(1);
    const unknown = new Secret('cl_nothing');
    for (const use of [
      (one: Secret) => identity.service.actorOfApiKey(one),
      (one: Secret) => identity.service.actorOfApiKey(one, 'ada@example.org'),
      (one: Secret) => identity.service.issueAccessToken(one),
      (one: Secret) => identity.service.issueAccessToken(one, { username: 'ada@example.org' }),
    ])
      expect(await errorOf(use(key))).toEqual(await errorOf(use(unknown)));
  });

  it('is taken with its owner’s address or id beside it, and with nobody else’s', async () => {
    const { key } = await identity.service.createApiKey(ada, { name: 'scripts' });
    for (const name of ['ada@example.org', ' Ada@Example.org ', ada.userId])
      expect(await identity.service.actorOfApiKey(key, name)).toMatchObject({ userId: ada.userId });
    for (const name of ['bo@example.org', newId(), '', 'null'])
      expect(await errorOf(identity.service.actorOfApiKey(key, name))).toMatchObject({ reason: 'api-key-not-valid' });
  });

  it('is not made for a time that has passed', async () => {
    for (const expiresAt of [clock.now(), new Date(0)])
      expect(await errorOf(identity.service.createApiKey(ada, { name: 'late', expiresAt }))).toMatchObject({
        code: 'invalid-argument',
      });
  });

  it('is not made for a project that its maker has no part in, in the words for one that there is not', async () => {
    const foreign = newId();
    identity.access.setProjectAccess({ accountId: newId(), userId: newId() }, foreign, { role: 'admin' });
    const messages = [];
    for (const id of [foreign, newId(), 'x']) {
      const { code, message } = await errorOf(
        identity.service.createApiKey(ada, { name: 'x', scope: { projectId: id } }),
      );
      expect(code).toBe('not-found');
      messages.push(message.replace(id, 'ID'));
    }
    expect(new Set(messages).size).toBe(1);
  });

  it('of a service ID may be for a project that the service ID works in, or whoever makes it', async () => {
    const { id } = await identity.serviceIds.create(ada, { name: 'Robot', description: '' });
    const itsOwn = newId();
    identity.access.setProjectAccess({ accountId: ada.accountId, userId: id }, itsOwn, { role: 'editor' });
    for (const project of [projectId, itsOwn])
      await identity.serviceIds.createApiKey(ada, id, { name: 'x', scope: { projectId: project } });
    const attempt = identity.serviceIds.createApiKey(ada, id, { name: 'x', scope: { projectId: newId() } });
    expect(await errorOf(attempt)).toMatchObject({ code: 'not-found' });
  });
});

describe('a key that ends', () => {
  it('makes and rotates none that lives longer, through its tokens neither', async () => {
    const expiresAt = new Date(clock.now().getTime() + HOUR_MS);
    const later = new Date(expiresAt.getTime() + 1);
    const { key } = await identity.service.createApiKey(ada, { name: 'ends', expiresAt });
    const lasting = await identity.service.createApiKey(ada, { name: 'lasts' });
    const { accessToken } = await identity.service.issueAccessToken(key);
    for (const actor of [
      await identity.service.actorOfApiKey(key),
      await identity.service.actorOfAccessToken(accessToken),
    ]) {
      const attempts = [
        identity.service.createApiKey(actor, { name: 'for ever' }),
        identity.service.createApiKey(actor, { name: 'longer', expiresAt: later }),
        identity.service.rotateApiKey(actor, lasting.apiKey.id),
      ];
      for (const attempt of attempts) expect(await errorOf(attempt)).toMatchObject({ code: 'invalid-argument' });
      await identity.service.createApiKey(actor, { name: 'as long', expiresAt });
    }
    await identity.service.actorOfApiKey(lasting.key);
  });
});

describe('a key that is limited', () => {
  it('to nothing is not limited', async () => {
    const actor = await actorWith({ scope: { inferenceOnly: false } });
    expect(actor.scope).toBeUndefined();
    await ask(actor, { action: 'manage-api-keys' });
  });

  it('to one project knows of no other, and of nothing of the account but the models', async () => {
    const actor = await actorWith({ scope: { projectId } });
    await ask(actor, { action: 'write-asset', projectId });
    await ask(actor, { action: 'see-models' });
    const other = await errorOf(ask(actor, { action: 'see-project', projectId: otherProjectId }));
    const unknown = newId();
    const never = await errorOf(ask(actor, { action: 'see-project', projectId: unknown }));
    expect(other).toEqual({ ...never, message: never.message.replace(unknown, otherProjectId) });
    for (const action of ['create-project', 'run-model', 'see-people', 'manage-models', 'read-audit'] as const)
      expect(await errorOf(ask(actor, { action }))).toMatchObject({ reason: 'api-key-scope' });
  });

  it('to some models runs no others', async () => {
    const actor = await actorWith({ scope: { modelIds: ['acme/one'] } });
    await ask(actor, { action: 'run-prompt', projectId, modelId: 'acme/one' });
    await ask(actor, { action: 'run-model', modelId: 'acme/one' });
    for (const request of [
      { action: 'run-prompt', projectId, modelId: 'acme/two' },
      { action: 'run-model', modelId: 'acme/two' },
    ] as const)
      expect(await errorOf(ask(actor, request))).toMatchObject({ reason: 'api-key-scope' });
  });

  it('to running prompts opens and changes nothing', async () => {
    const actor = await actorWith({ scope: { inferenceOnly: true } });
    await ask(actor, { action: 'run-prompt', projectId });
    await ask(actor, { action: 'run-model' });
    for (const action of ['see-project', 'list-assets', 'open-asset', 'write-asset', 'open-object'] as const)
      expect(await errorOf(ask(actor, { action, projectId }))).toMatchObject({ reason: 'api-key-scope' });
    expect(await errorOf(ask(actor, { action: 'list-projects' }))).toMatchObject({ reason: 'api-key-scope' });
  });

  it('makes no other key and no other credential, however it is limited, through its tokens neither', async () => {
    for (const scope of [{ projectId }, { modelIds: ['acme/one'] }, { inferenceOnly: true }]) {
      const { key } = await identity.service.createApiKey(ada, { name: 'limited', scope });
      const { accessToken } = await identity.service.issueAccessToken(key);
      const actors = [
        await identity.service.actorOfApiKey(key),
        await identity.service.actorOfAccessToken(accessToken),
      ];
      for (const actor of actors) {
        expect(actor.scope).toEqual(scope);
        const attempts = [
          identity.service.createApiKey(actor, { name: 'wider' }),
          identity.service.rotateApiKey(actor, newId()),
          identity.service.listApiKeys(actor),
          ask(actor, { action: 'manage-people' }),
          ask(actor, { action: 'manage-account' }),
          ask(actor, { action: 'manage-own-sign-in' }),
        ];
        for (const attempt of attempts) expect(await errorOf(attempt)).toMatchObject({ reason: 'api-key-scope' });
      }
    }
  });
});
