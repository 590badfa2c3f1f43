import { describe, expect, it } from 'vitest';
import { AppError, type Clock, isAppError, newId } from '../core/index.ts';
import { createKeyService, type ObjectScope } from './key-service.ts';
import type { KmsProvider } from './kms-provider.ts';
import { createKmsProviders } from './kms-providers.ts';
import { createMemoryKeyBindingStore, createMemoryKeyStore, createMemoryKmsProvider, memoryEntry } from './testing.ts';

function testClock(): Clock & { forward(seconds: number): void } {
  let ms = 1_000_000;
  return {
    now: () => new Date(ms),
    monotonicMs: () => ms,
    forward: (seconds: number) => {
      ms += seconds * 1000;
    },
  };
}

/** The memory provider, which also remembers what it gave out and can be made to fail or wait. */
function watchedProvider() {
  const real = createMemoryKmsProvider();
  const given: Uint8Array[] = [];
  const state: { failure?: AppError; hold?: Promise<void> } = {};
  const provider: KmsProvider = {
    ...real,
    async unwrap(...call: Parameters<KmsProvider['unwrap']>) {
      await state.hold;
      if (state.failure !== undefined) throw state.failure;
      const key = await real.unwrap(...call);
      given.push(key);
      return key;
    },
  };
  return { provider, given, state };
}

function setUp(cacheSeconds = 60) {
  const clock = testClock();
  const bindings = createMemoryKeyBindingStore();
  const store = createMemoryKeyStore(bindings);
  const { provider, given, state } = watchedProvider();
  const providers = createKmsProviders(memoryEntry(provider));
  const service = createKeyService({ providers, store, bindings, clock, cacheSeconds });
  const scope: ObjectScope = { accountId: newId(), projectId: newId(), objectId: newId(), purpose: 'asset' };
  return { clock, store, bindings, given, state, service, scope };
}

const isZero = (key: Uint8Array) => key.every((byte) => byte === 0);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('the key service', () => {
  it('opens the object keys that it made', async () => {
    const { service, scope } = setUp();
    const made = await service.newObjectKey(scope);
    const opened = await service.openObjectKey(scope, made);
    expect(opened.copyBytes()).toEqual(made.key.copyBytes());
    expect(Buffer.from(made.wrapped).includes(Buffer.from(made.key.copyBytes()))).toBe(false);
  });

  it('makes every object key another one', async () => {
    const { service, scope } = setUp();
    const keys = await Promise.all([1, 2, 3].map(() => service.newObjectKey(scope)));
    expect(new Set(keys.map(({ key }) => Buffer.from(key.copyBytes()).toString('hex'))).size).toBe(3);
  });

  it('opens a key in its own account, project, object and purpose only, with one message for every refusal', async () => {
    const { service, scope } = setUp();
    const made = await service.newObjectKey(scope);
    const other = { ...scope, accountId: newId(), projectId: newId() };
    const foreign = await service.newObjectKey(other);
    const flipped = Uint8Array.from(made.wrapped, (byte, index) => (index === 20 ? byte ^ 1 : byte));
    const attempts = [
      service.openObjectKey({ ...scope, accountId: newId() }, made),
      service.openObjectKey({ ...scope, projectId: newId() }, made),
      service.openObjectKey({ ...scope, objectId: newId() }, made),
      service.openObjectKey({ ...scope, purpose: 'other' }, made),
      service.openObjectKey(other, made),
      service.openObjectKey(other, { ...made, projectKeyId: foreign.projectKeyId }),
      service.openObjectKey(scope, { ...made, projectKeyId: foreign.projectKeyId }),
      service.openObjectKey(scope, { ...made, projectKeyId: newId() }),
      service.openObjectKey(scope, { ...made, wrapped: flipped }),
      service.openObjectKey(scope, { ...made, wrapped: made.wrapped.subarray(0, 20) }),
    ];
    const messages = await Promise.all(
      attempts.map((attempt) =>
        attempt.then(
          () => 'it opened',
          (error: unknown) => `${isAppError(error, 'failed-precondition')} ${error}`,
        ),
      ),
    );
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toMatch(/^true .*cannot be opened/);
  });

  it('makes one key a project, however often it is asked', async () => {
    const { service, store, scope } = setUp();
    await service.createProjectKey(scope);
    const first = await store.findCurrent(scope);
    await service.createProjectKey(scope);
    const made = await service.newObjectKey(scope);
    expect(made.projectKeyId).toBe(first?.id);
    expect(first?.wrappingKeyId).toBe(`memory:account/${scope.accountId}`);
  });

  it('asks the KMS once for many callers at the same time', async () => {
    const { service, scope, given } = setUp();
    const made = await service.newObjectKey(scope);
    await Promise.all(Array.from({ length: 20 }, () => service.openObjectKey(scope, made)));
    expect(given).toHaveLength(1);
  });

  it('keeps an unwrapped project key for the set time and then zeroes it', async () => {
    const { service, scope, given, clock } = setUp(60);
    const made = await service.newObjectKey(scope);
    clock.forward(59);
    await service.openObjectKey(scope, made);
    expect(given).toHaveLength(1);
    clock.forward(1);
    await service.openObjectKey(scope, made);
    expect(given).toHaveLength(2);
    await nextTurn();
    expect(given.map(isZero)).toEqual([true, false]);
    service.close();
    expect(given.every(isZero)).toBe(true);
  });

  it('zeroes it by itself when nobody asks again', async () => {
    const { service, scope, given } = setUp(0.01);
    await service.newObjectKey(scope);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(given.map(isZero)).toEqual([true]);
  });

  it('works without keeping anything', async () => {
    const { service, scope, given } = setUp(0);
    const made = await service.newObjectKey(scope);
    const opened = await Promise.all(Array.from({ length: 10 }, () => service.openObjectKey(scope, made)));
    for (const key of opened) expect(key.copyBytes()).toEqual(made.key.copyBytes());
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(given.every(isZero)).toBe(true);
  });

  it('hands the failure of the KMS to everybody who waited, and works again when the KMS does', async () => {
    const { service, scope, state, clock } = setUp();
    const made = await service.newObjectKey(scope);
    clock.forward(61);
    state.failure = new AppError('unavailable', 'The KMS does not answer.');
    const attempts = await Promise.allSettled([1, 2].map(() => service.openObjectKey(scope, made)));
    for (const attempt of attempts)
      expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    delete state.failure;
    expect((await service.openObjectKey(scope, made)).copyBytes()).toEqual(made.key.copyBytes());
  });

  it('opens nothing of a project whose keys were destroyed, not even from memory', async () => {
    const { service, scope, given } = setUp();
    const made = await service.newObjectKey(scope);
    const other = { ...scope, projectId: newId() };
    const kept = await service.newObjectKey(other);
    await service.destroyProjectKeys(scope);
    expect(given.map(isZero)).toEqual([true, false]);
    await expect(service.openObjectKey(scope, made)).rejects.toMatchObject({ code: 'failed-precondition' });
    await service.openObjectKey(other, kept);
  });

  it('does not keep a key that was being unwrapped while the keys were destroyed', async () => {
    const { service, scope, given, state, clock } = setUp();
    const made = await service.newObjectKey(scope);
    clock.forward(61);
    let release = () => {};
    state.hold = new Promise((resolve) => {
      release = resolve;
    });
    const opening = service.openObjectKey(scope, made);
    await nextTurn();
    await service.destroyProjectKeys(scope);
    release();
    await opening.catch(() => {});
    await expect.poll(() => given.every(isZero)).toBe(true);
    await expect(service.openObjectKey(scope, made)).rejects.toMatchObject({ code: 'failed-precondition' });
  });

  it('says so when the key was wrapped by a provider that the deployment does not have', async () => {
    const { store, bindings, scope, clock, service } = setUp();
    const made = await service.newObjectKey(scope);
    const providers = createKmsProviders(memoryEntry(createMemoryKmsProvider(), 'another'));
    const elsewhere = createKeyService({ providers, store, bindings, clock, cacheSeconds: 60 });
    await expect(elsewhere.openObjectKey(scope, made)).rejects.toThrow(/key provider "memory".*CLOISTER_KMS/);
  });

  it('hands out keys that are zeroed at the end of their block and then refuse to be used', async () => {
    const { service, scope } = setUp();
    const { key } = await service.newObjectKey(scope);
    {
      using used = key;
      expect(isZero(used.copyBytes())).toBe(false);
    }
    expect(() => key.copyBytes()).toThrow(AppError);
  });
});
