import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { createRecordingAudit } from '../audit/testing.ts';
import { type Actor, AppError, newId, silentLogger } from '../core/index.ts';
import { manualClock } from '../core/testing.ts';
import { wrappingKeyOf } from './applicable-key.ts';
import { createKeyService } from './key-service.ts';
import { KEY_LENGTH_BYTES, unwrapWithKey, wrappingKeyVersion, wrapWithKey } from './key-wrap.ts';
import type { KmsProvider } from './kms-provider.ts';
import { createKmsProviders, type KmsProviderEntry } from './kms-providers.ts';
import { sealedDataNotReadable } from './not-readable.ts';
import { createReopeningKmsProvider } from './reopening-kms-provider.ts';
import { createMemoryKeyBindingStore, createMemoryKeyStore, memoryEntry } from './testing.ts';
import { createWrappingKeyService, type SealedBytesOwner } from './wrapping-key-service.ts';

/** A KMS as people run one: named keys with versions, which can be disabled, and calls that can fail. */
function createVault() {
  const versions = new Map<string, Buffer[]>();
  const state = { failures: 0, isDisabled: false, calls: [] as string[] };
  const keyOf = (keyId: string) => versions.get(keyId) ?? versions.set(keyId, [randomKey()]).get(keyId) ?? [];
  function requireUp(call: string): void {
    state.calls.push(call);
    if (state.isDisabled) throw new AppError('failed-precondition', 'The key is disabled in Vault. Enable it there.');
    if (state.failures > 0) {
      state.failures -= 1;
      throw new AppError('unavailable', 'Vault cannot be reached.');
    }
  }
  const provider: KmsProvider = {
    name: 'vault',
    async wrap(keyId, plaintext, context) {
      requireUp('wrap');
      const keys = keyOf(keyId);
      return wrapWithKey(keys.at(-1) ?? Buffer.alloc(0), keys.length, plaintext, context);
    },
    async unwrap(keyId, wrapped, context) {
      requireUp('unwrap');
      const key = keyOf(keyId)[wrappingKeyVersion(wrapped) - 1];
      if (key === undefined) throw sealedDataNotReadable();
      return unwrapWithKey(key, wrapped, context);
    },
    async describe(keyId) {
      requireUp('describe');
      return { state: 'enabled', keyVersion: keyOf(keyId).length };
    },
    async newVersion(keyId) {
      requireUp('newVersion');
      keyOf(keyId).push(randomKey());
      return { state: 'enabled', keyVersion: keyOf(keyId).length };
    },
    async close() {},
  };
  return { provider, state };
}

const randomKey = () => Buffer.from(crypto.getRandomValues(new Uint8Array(KEY_LENGTH_BYTES)));

/** @param options.deploymentKeyId the Vault is the standard provider, and this is its key for everybody */
function setUp(options: { readonly accountIds?: readonly string[]; readonly deploymentKeyId?: string } = {}) {
  const clock = manualClock();
  const vault = createVault();
  const { deploymentKeyId } = options;
  const vaultEntry: KmsProviderEntry = {
    id: deploymentKeyId === undefined ? 'clinic-vault' : 'vault',
    displayName: 'Vault of the clinic',
    kind: 'vault',
    ownKeyOf: () => deploymentKeyId,
    provider: vault.provider,
    ...options,
  };
  const providers =
    deploymentKeyId === undefined ? createKmsProviders(memoryEntry(), [vaultEntry]) : createKmsProviders(vaultEntry);
  const [accountId, projectId] = [newId(), newId()];
  const bindings = createMemoryKeyBindingStore(({ projectId: id }) => ({
    name: id === undefined ? 'Hospital' : 'Contracts',
    mayManage: true,
  }));
  const store = createMemoryKeyStore(bindings);
  const keys = createKeyService({ providers, store, bindings, clock, cacheSeconds: 60 });
  const audit = createRecordingAudit();
  const removed: string[] = [];
  const sealedBytes: SealedBytesOwner = {
    digestsOfKey: async () => ({ sealedObjects: 0, sealedSizeBytes: 0 }),
    noteStoredBytes: async ({ accountId: id, projectId: of }) => {
      // Asked before the keys go, since the rows that tell of the bytes go with them.
      const noted = (await store.list({ accountId: id, ...(of === undefined ? {} : { projectId: of }) })).map(
        (key) => key.id,
      );
      return async () => void removed.push(...noted);
    },
  };
  const asked: string[] = [];
  const rest = { providers, store, bindings, keys, audit, clock, logger: silentLogger };
  const service = createWrappingKeyService({
    ...rest,
    sealedBytes,
    authorize: async (_actor, request) => {
      asked.push('projectId' in request ? `${request.action} ${request.projectId}` : request.action);
    },
  });
  const actor: Actor = { userId: newId(), accountId, via: 'login-session' };
  const project = { projectId };
  const object = { accountId, projectId, objectId: newId(), purpose: 'test' };
  const vaultKey = { providerId: 'clinic-vault', keyId: 'contracts' };
  return { ...rest, service, actor, project, object, vault, vaultKey, removed, asked, sealedBytes };
}

describe('the key of an account or a project', () => {
  it('is the standard provider’s until somebody binds another', async () => {
    const { service, actor, project, keys, object } = setUp();
    await keys.newObjectKey(object);
    expect(await service.status(actor, project)).toMatchObject({
      key: { providerId: 'memory', keyId: `account/${actor.accountId}`, boundAt: 'deployment' },
      atProvider: { state: 'enabled', keyVersion: 1 },
      projectKeys: { total: 1, underThisKey: 1 },
      mayMakeVersions: false,
    });
  });

  it('moves to another provider with what it wrapped, and back', async () => {
    const { service, actor, project, keys, object, vaultKey, store, audit } = setUp();
    const sealed = await keys.newObjectKey(object);
    const bound = await service.bind(actor, project, vaultKey);
    expect(bound).toMatchObject({
      status: { key: { ...vaultKey, boundAt: 'project' }, projectKeys: { total: 1, underThisKey: 1 } },
      rewrap: { rewrapped: 1, remaining: 0 },
    });
    expect((await store.findCurrent(object))?.wrappingKeyId).toBe('clinic-vault:contracts');
    keys.forget(object);
    expect((await keys.openObjectKey(object, sealed)).copyBytes()).toEqual(sealed.key.copyBytes());
    const later = await keys.newObjectKey({ ...object, objectId: newId() });
    expect(later.projectKeyId).toBe(sealed.projectKeyId);

    expect(await service.unbind(actor, project)).toMatchObject({
      status: { key: { providerId: 'memory', boundAt: 'deployment' } },
      rewrap: { rewrapped: 1 },
    });
    keys.forget(object);
    expect((await keys.openObjectKey(object, sealed)).copyBytes()).toEqual(sealed.key.copyBytes());
    expect(audit.events.map(({ action, details }) => [action, details?.keyProviderId])).toEqual([
      ['key.bind', 'clinic-vault'],
      ['key.bind', 'memory'],
    ]);
  });

  it('follows the account’s unless the project has one of its own', async () => {
    const { service, actor, project, keys, object, vaultKey, store } = setUp();
    const sibling = { ...object, projectId: newId() };
    for (const one of [object, sibling]) await keys.newObjectKey(one);
    await service.bind(actor, project, vaultKey);
    const bound = await service.bind(actor, {}, { ...vaultKey, keyId: 'hospital' });
    expect(bound).toMatchObject({ status: { projectKeys: { total: 1, underThisKey: 1 } }, rewrap: { rewrapped: 1 } });
    expect((await store.findCurrent(object))?.wrappingKeyId).toBe('clinic-vault:contracts');
    expect((await store.findCurrent(sibling))?.wrappingKeyId).toBe('clinic-vault:hospital');
    expect(await service.status(actor, { projectId: sibling.projectId })).toMatchObject({
      key: { boundAt: 'account' },
    });
    await service.unbind(actor, project);
    expect((await store.findCurrent(object))?.wrappingKeyId).toBe('clinic-vault:hospital');
  });

  it.each(['wrap', 'unwrap'] as const)(
    'is tried before it is bound: where %s is not allowed, nothing changes',
    async (call) => {
      const { service, actor, project, keys, object, vault, vaultKey, audit, bindings } = setUp();
      const sealed = await keys.newObjectKey(object);
      const refuse = () => Promise.reject(new AppError('permission-denied', 'Vault does not allow it.'));
      Object.assign(vault.provider, { [call]: refuse });
      await expect(service.bind(actor, project, vaultKey)).rejects.toThrow('Vault does not allow it.');
      expect(await bindings.find(object)).toEqual({});
      expect(audit.events).toEqual([]);
      await keys.openObjectKey(object, sealed);
    },
  );

  it('cannot be one of a provider that the account may not use, nor another account’s', async () => {
    const { service, actor, project, vaultKey } = setUp({ accountIds: [newId()] });
    const refusals = [
      service.bind(actor, project, vaultKey),
      service.bind(actor, project, { providerId: 'none', keyId: 'x' }),
      service.bind(actor, project, { providerId: 'memory', keyId: `account/${newId()}` }),
    ];
    for (const refusal of refusals) await expect(refusal).rejects.toMatchObject({ code: 'invalid-argument' });
    expect((await service.listProviders(actor)).map(({ id }) => id)).toEqual(['memory']);
    const open = setUp();
    await expect(open.service.bind(open.actor, {}, { providerId: 'clinic-vault' })).rejects.toThrow(/id of a key/);
  });

  it('rotates: a new version wraps the project keys, and what they sealed opens as before', async () => {
    const { service, actor, project, keys, object, vaultKey, store, vault, audit } = setUp();
    const sealed = await keys.newObjectKey(object);
    await service.bind(actor, project, vaultKey);
    const before = await store.findCurrent(object);
    const rotated = await service.rotate(actor, project);
    expect(rotated).toMatchObject({
      status: { atProvider: { keyVersion: 2 }, projectKeys: { total: 1, underThisKey: 1 }, mayMakeVersions: true },
      rewrap: { rewrapped: 1, remaining: 0 },
    });
    const after = await store.findCurrent(object);
    expect(after).toMatchObject({ id: before?.id, wrappingKeyVersion: 2 });
    expect(after?.wrappedKey).not.toEqual(before?.wrappedKey);
    keys.forget(object);
    expect((await keys.openObjectKey(object, sealed)).copyBytes()).toEqual(sealed.key.copyBytes());
    expect(vault.state.calls.filter((call) => call === 'newVersion')).toHaveLength(1);
    expect(audit.events.at(-1)).toMatchObject({
      action: 'key.rotate',
      target: { type: 'key', id: object.projectId },
      projectId: object.projectId,
    });
  });

  it('gets no version where another project or account is bound to it too, nor where it is the deployment’s own', async () => {
    const { service, actor, project, keys, object, vault, vaultKey, bindings, clock } = setUp();
    await keys.newObjectKey(object);
    await service.bind(actor, project, vaultKey);
    const [wrappingKey, changedAt] = [vaultKey, clock.now()];
    const others = [{ accountId: actor.accountId }, { accountId: newId() }, { accountId: newId(), projectId: newId() }];
    for (const other of others) {
      await bindings.put(other, { state: 'enabled', wrappingKey, changedAt }, actor.userId);
      const rotated = await service.rotate(actor, project);
      expect(rotated).toMatchObject({ status: { mayMakeVersions: false, atProvider: { keyVersion: 1 } } });
      await bindings.put(other, { state: 'enabled', changedAt }, actor.userId);
    }
    expect(vault.state.calls).not.toContain('newVersion');
    expect(await service.rotate(actor, project)).toMatchObject({ status: { atProvider: { keyVersion: 2 } } });

    const ofDeployment = setUp({ deploymentKeyId: 'cloister' });
    const [account, { service: same, actor: administrator }] = [{}, ofDeployment];
    expect(await same.rotate(administrator, account)).toMatchObject({ status: { mayMakeVersions: false } });
    await same.bind(administrator, account, { providerId: 'vault', keyId: 'cloister' });
    expect(await same.rotate(administrator, account)).toMatchObject({ status: { mayMakeVersions: false } });
    expect(ofDeployment.vault.state.calls).not.toContain('newVersion');
  });

  it('is not rotated while its provider is away, also when that has not been opened yet', async () => {
    const { actor, project, vault, vaultKey, audit, ...rest } = setUp();
    const away = new AppError('unavailable', 'Vault cannot be reached.');
    let isAway = true;
    const provider = createReopeningKmsProvider('vault', async () => {
      if (isAway) throw away;
      return vault.provider;
    });
    const entry = { ...memoryEntry(provider, 'clinic-vault'), kind: 'vault', ownKeyOf: () => undefined };
    const providers = createKmsProviders(memoryEntry(), [entry]);
    const service = createWrappingKeyService({ ...rest, audit, providers, authorize: async () => {} });
    const scope = { accountId: actor.accountId, ...project };
    const binding = { state: 'enabled', wrappingKey: vaultKey, changedAt: rest.clock.now() } as const;
    await rest.bindings.put(scope, binding, actor.userId);
    await expect(service.rotate(actor, project)).rejects.toThrow(away.message);
    expect(audit.events).toEqual([]);
    isAway = false;
    expect(await service.rotate(actor, project)).toMatchObject({ status: { atProvider: { keyVersion: 2 } } });
  });

  it('takes up a version that the people of the KMS made', async () => {
    const { service, actor, project, keys, object, vaultKey, vault } = setUp();
    await keys.newObjectKey(object);
    await service.bind(actor, {}, vaultKey);
    await vault.provider.newVersion?.(vaultKey.keyId);
    expect(await service.status(actor, project)).toMatchObject({ projectKeys: { total: 1, underThisKey: 0 } });
    // The key is the account's: a project's Admin makes no version of it.
    const rotated = await service.rotate(actor, project);
    expect(rotated).toMatchObject({
      status: { atProvider: { keyVersion: 2 }, projectKeys: { underThisKey: 1 }, mayMakeVersions: false },
    });
  });

  it('asks the KMS for the version as often for many project keys as for one', async () => {
    async function describesOfRotation(projects: number): Promise<number> {
      const { service, actor, keys, object, vault, vaultKey } = setUp();
      await service.bind(actor, {}, vaultKey);
      for (let count = 0; count < projects; count += 1) await keys.newObjectKey({ ...object, projectId: newId() });
      vault.state.calls.length = 0;
      expect(await service.rotate(actor, {})).toMatchObject({
        status: { projectKeys: { total: projects, underThisKey: projects } },
        rewrap: { rewrapped: projects, remaining: 0 },
      });
      return vault.state.calls.filter((call) => call === 'describe').length;
    }
    expect(await describesOfRotation(20)).toBe(await describesOfRotation(1));
  });

  it('wraps all anew where the provider makes no versions', async () => {
    const { service, actor, project, keys, object, store } = setUp();
    await keys.newObjectKey(object);
    const before = await store.findCurrent(object);
    expect(await service.rotate(actor, project)).toMatchObject({ rewrap: { rewrapped: 1, remaining: 0 } });
    expect((await store.findCurrent(object))?.wrappedKey).not.toEqual(before?.wrappedKey);
  });

  it('opens everything when a move ends in the middle, says what remains, and goes on', async () => {
    const { service, actor, keys, object, vaultKey, vault, store } = setUp();
    const objects = Array.from({ length: 20 }, () => ({ ...object, projectId: newId() }));
    const sealed = await Promise.all(objects.map((one) => keys.newObjectKey(one)));
    let wraps = 0;
    const wrap = vault.provider.wrap.bind(vault.provider);
    Object.assign(vault.provider, {
      wrap: async (...call: Parameters<KmsProvider['wrap']>) => {
        wraps += 1;
        // The probe and some of the project keys.
        if (wraps > 8) throw new AppError('unavailable', 'Vault cannot be reached.');
        return wrap(...call);
      },
    });
    const bound = await service.bind(actor, {}, vaultKey);
    expect(bound.rewrap).toMatchObject({ rewrapped: 7, remaining: 13, fault: { message: 'Vault cannot be reached.' } });
    expect(bound.status.projectKeys).toMatchObject({ total: 20, underThisKey: 7 });
    const openAll = async () => {
      keys.forget({ accountId: object.accountId });
      for (const [index, one] of objects.entries()) {
        const expected = sealed[index];
        if (expected === undefined) continue;
        expect((await keys.openObjectKey(one, expected)).copyBytes()).toEqual(expected.key.copyBytes());
      }
    };
    await openAll();
    Object.assign(vault.provider, { wrap });
    const rotated = await service.rotate(actor, {});
    expect(rotated).toMatchObject({
      rewrap: { remaining: 0 },
      status: { projectKeys: { total: 20, underThisKey: 20 } },
    });
    const providersOf = (await store.list({ accountId: object.accountId })).map((one) => wrappingKeyOf(one).providerId);
    expect(new Set(providersOf)).toEqual(new Set(['clinic-vault']));
    await openAll();
  });

  it('lets saves and openings go on while it rotates', async () => {
    const { service, actor, project, keys, object, vaultKey } = setUp();
    await service.bind(actor, project, vaultKey);
    const sealed: Awaited<ReturnType<typeof keys.newObjectKey>>[] = [];
    const objects: (typeof object)[] = [];
    const work = async () => {
      for (let round = 0; round < 10; round += 1) {
        const one = { ...object, objectId: newId() };
        objects.push(one);
        const made = await keys.newObjectKey(one);
        sealed.push(made);
        keys.forget(object);
        expect((await keys.openObjectKey(one, made)).copyBytes()).toEqual(made.key.copyBytes());
      }
    };
    const rotations = async () => {
      for (let round = 0; round < 5; round += 1) await service.rotate(actor, project);
    };
    await Promise.all([work(), rotations(), service.rotate(actor, project)]);
    expect(new Set(sealed.map(({ projectKeyId }) => projectKeyId)).size).toBe(1);
    expect(await service.rotate(actor, project)).toMatchObject({ rewrap: { remaining: 0 } });
  });

  it('says in the status what keeps a provider from answering, and that one is gone', async () => {
    const { service, actor, project, vault, vaultKey, bindings, clock } = setUp();
    await service.bind(actor, project, vaultKey);
    vault.state.failures = 1;
    expect(await service.status(actor, project)).toMatchObject({
      atProvider: { state: 'unavailable', problem: 'Vault cannot be reached.' },
    });
    const wrappingKey = { providerId: 'sold', keyId: 'k' };
    const scope = { accountId: actor.accountId, ...project };
    await bindings.put(scope, { state: 'enabled', wrappingKey, changedAt: clock.now() }, actor.userId);
    expect(await service.status(actor, project)).toMatchObject({
      atProvider: { state: 'unavailable', problem: /no key provider "sold"/ },
    });
  });

  it('shows what was disabled at the KMS within the time that keys stay in memory, in the KMS’s words', async () => {
    const { service, actor, project, keys, object, vault, vaultKey, clock } = setUp();
    const sealed = await keys.newObjectKey(object);
    await service.bind(actor, project, vaultKey);
    await keys.openObjectKey(object, sealed);
    vault.state.isDisabled = true;
    clock.advance(60_000);
    await expect(keys.openObjectKey(object, sealed)).rejects.toThrow('The key is disabled in Vault. Enable it there.');
    await expect(keys.newObjectKey(object)).rejects.toThrow('The key is disabled in Vault. Enable it there.');
    vault.state.isDisabled = false;
    await keys.openObjectKey(object, sealed);
  });
});

describe('a key that is disabled', () => {
  it.each(['project', 'account'] as const)(
    'of the %s opens and saves nothing at once, and everything again when it is enabled',
    async (whose) => {
      const { service, actor, project, keys, object, audit } = setUp();
      const sealed = await keys.newObjectKey(object);
      const target = whose === 'project' ? project : {};
      await service.disable(actor, target);
      const disabled = { code: 'failed-precondition', details: { reason: 'key-disabled' }, message: /Nothing is lost/ };
      await expect(keys.openObjectKey(object, sealed)).rejects.toMatchObject(disabled);
      await expect(keys.newObjectKey(object)).rejects.toMatchObject(disabled);
      await expect(keys.newObjectKey({ ...object, objectId: newId() })).rejects.toThrow(`The key of this ${whose} is`);
      await service.enable(actor, target);
      expect((await keys.openObjectKey(object, sealed)).copyBytes()).toEqual(sealed.key.copyBytes());
      await keys.newObjectKey(object);
      expect(audit.events.map(({ action }) => action)).toEqual(['key.disable', 'key.enable']);
    },
  );

  it('opens nothing on another server once keys in memory are at their end', async () => {
    const { service, actor, project, keys, object, providers, store, bindings, clock } = setUp();
    const sealed = await keys.newObjectKey(object);
    const elsewhere = createKeyService({ providers, store, bindings, clock, cacheSeconds: 60 });
    await elsewhere.openObjectKey(object, sealed);
    await service.disable(actor, project);
    // What is sealed anew is asked for each time.
    await expect(elsewhere.newObjectKey(object)).rejects.toMatchObject({ details: { reason: 'key-disabled' } });
    clock.advance(60_000);
    await expect(elsewhere.openObjectKey(object, sealed)).rejects.toMatchObject({
      details: { reason: 'key-disabled' },
    });
  });

  it('stays disabled when it moves', async () => {
    const { service, actor, project, keys, object, vaultKey } = setUp();
    const sealed = await keys.newObjectKey(object);
    await service.disable(actor, project);
    await service.bind(actor, project, vaultKey);
    await expect(keys.openObjectKey(object, sealed)).rejects.toMatchObject({ details: { reason: 'key-disabled' } });
    await service.enable(actor, project);
    await keys.openObjectKey(object, sealed);
  });

  it('is not kept from a project key that was on its way to memory', async () => {
    const { service, actor, project, keys, object, vault, vaultKey } = setUp();
    const sealed = await keys.newObjectKey(object);
    await service.bind(actor, project, vaultKey);
    keys.forget(object);
    const unwrap = vault.provider.unwrap.bind(vault.provider);
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    Object.assign(vault.provider, {
      unwrap: async (...call: Parameters<KmsProvider['unwrap']>) => {
        begun.resolve();
        await held.promise;
        return unwrap(...call);
      },
    });
    const opening = keys.openObjectKey(object, sealed);
    await begun.promise;
    await service.disable(actor, project);
    held.resolve();
    await opening;
    await expect(keys.openObjectKey(object, sealed)).rejects.toMatchObject({ details: { reason: 'key-disabled' } });
  });
});

describe('a key that is destroyed', () => {
  it('takes everything that it sealed with it, and the bytes', async () => {
    const { service, actor, project, keys, object, store, removed, audit } = setUp();
    const sealed = await keys.newObjectKey(object);
    const other = { ...object, projectId: newId() };
    const kept = await keys.newObjectKey(other);
    const destroyed = await service.destroy(actor, project, { confirmation: 'Contracts' });
    expect(destroyed).toMatchObject({ projects: 1 });
    expect(destroyed.receipt).toBeDefined();
    expect(await store.list(object)).toEqual([]);
    expect(removed).toEqual([sealed.projectKeyId]);
    const gone = { code: 'failed-precondition', details: { reason: 'key-destroyed' } };
    await expect(keys.openObjectKey(object, sealed)).rejects.toMatchObject(gone);
    await expect(keys.newObjectKey(object)).rejects.toMatchObject(gone);
    await expect(service.rotate(actor, project)).rejects.toMatchObject(gone);
    await expect(service.disable(actor, project)).rejects.toMatchObject(gone);
    await keys.openObjectKey(other, kept);
    expect(audit.events.map(({ action }) => action)).toEqual(['key.destroy']);
  });

  it('of an account is that of all of its projects', async () => {
    const { service, actor, keys, object, store, removed, sealedBytes, audit } = setUp();
    const sealedSha256 = 'ab'.repeat(32);
    const sums = { sealedObjects: 2, sealedSizeBytes: 700, sealedSha256 };
    Object.assign(sealedBytes, { digestsOfKey: async () => sums });
    const objects = [object, { ...object, projectId: newId() }];
    const keyIds: string[] = [];
    for (const one of objects) keyIds.push((await keys.newObjectKey(one)).projectKeyId);
    const destroyed = await service.destroy(actor, {}, { confirmation: 'Hospital' });
    expect(destroyed).toMatchObject({ projects: 2 });
    const said = decodeJwt(destroyed.receipt);
    const what = { type: 'key', id: actor.accountId };
    expect(said).toMatchObject({ what, accountId: actor.accountId, by: { userId: actor.userId }, ...sums });
    expect(said).not.toHaveProperty('projectId');
    expect(audit.events).toContainEqual({ action: 'key.destroy', target: what, details: { sealedSha256 }, actor });
    expect(await store.list({ accountId: actor.accountId })).toEqual([]);
    expect(removed.toSorted()).toEqual(keyIds.toSorted());
    for (const one of objects)
      await expect(keys.newObjectKey(one)).rejects.toMatchObject({ details: { reason: 'key-destroyed' } });
  });

  it('is destroyed under its exact name only', async () => {
    const { service, actor, project, keys, object, audit } = setUp();
    const sealed = await keys.newObjectKey(object);
    for (const confirmation of ['', 'contracts', 'Contracts ', 'Hospital'])
      await expect(service.destroy(actor, project, { confirmation })).rejects.toMatchObject({
        code: 'invalid-argument',
      });
    await expect(service.destroy(actor, {}, { confirmation: 'Contracts' })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await keys.openObjectKey(object, sealed);
    expect(audit.events).toEqual([]);
  });

  it('starts over when it is enabled, and brings nothing back', async () => {
    const { service, actor, project, keys, object } = setUp();
    const sealed = await keys.newObjectKey(object);
    await service.destroy(actor, project, { confirmation: 'Contracts' });
    expect(await service.enable(actor, project)).toMatchObject({ projectKeys: { total: 1 } });
    const fresh = await keys.newObjectKey(object);
    expect(fresh.projectKeyId).not.toBe(sealed.projectKeyId);
    await keys.openObjectKey(object, fresh);
    await expect(keys.openObjectKey(object, sealed)).rejects.toMatchObject({
      details: { reason: 'sealed-data-not-readable' },
    });
  });

  it('is destroyed also where the bytes cannot be removed', async () => {
    const { service, actor, project, keys, object, removed, sealedBytes } = setUp();
    const sealed = await keys.newObjectKey(object);
    const removeNothing = () => Promise.reject(new AppError('unavailable', 'No storage.'));
    Object.assign(sealedBytes, { noteStoredBytes: async () => removeNothing });
    expect((await service.destroy(actor, project, { confirmation: 'Contracts' })).receipt).toBeDefined();
    await expect(keys.openObjectKey(object, sealed)).rejects.toMatchObject({ details: { reason: 'key-destroyed' } });
    expect(removed).toEqual([]);
  });

  it('is none for a project key that is being made meanwhile', async () => {
    const { service, actor, project, keys, object, vault, vaultKey, store } = setUp();
    await service.bind(actor, project, vaultKey);
    const wrap = vault.provider.wrap.bind(vault.provider);
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    Object.assign(vault.provider, {
      wrap: async (...call: Parameters<KmsProvider['wrap']>) => {
        begun.resolve();
        await held.promise;
        return wrap(...call);
      },
    });
    const saving = keys.newObjectKey(object);
    await begun.promise;
    await service.destroy(actor, project, { confirmation: 'Contracts' });
    held.resolve();
    await expect(saving).rejects.toMatchObject({ details: { reason: 'key-destroyed' } });
    expect(await store.list(object)).toEqual([]);
  });
});

describe('two people at once', () => {
  /** Binds, and does something else between the trial of the key and the binding. */
  async function whileBinding(setting: ReturnType<typeof setUp>, act: () => Promise<unknown>) {
    const { service, actor, project, vault, vaultKey } = setting;
    const unwrap = vault.provider.unwrap.bind(vault.provider);
    const [held, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    Object.assign(vault.provider, {
      unwrap: async (...call: Parameters<KmsProvider['unwrap']>) => {
        begun.resolve();
        await held.promise;
        return unwrap(...call);
      },
    });
    const binding = service.bind(actor, project, vaultKey);
    await begun.promise;
    await act();
    held.resolve();
    return binding;
  }

  it('leave disabled what one of them disabled while the other bound a key', async () => {
    const setting = setUp();
    const { service, actor, project, keys, object, vaultKey } = setting;
    const sealed = await keys.newObjectKey(object);
    const bound = await whileBinding(setting, () => service.disable(actor, project));
    expect(bound.status).toMatchObject({ key: vaultKey, bindings: { project: { state: 'disabled' } } });
    await expect(keys.openObjectKey(object, sealed)).rejects.toMatchObject({ details: { reason: 'key-disabled' } });
  });

  /** Holds the next call of a method until `act` is done. */
  async function whileHeld<Name extends string, T>(
    owner: { readonly [name in Name]: (...call: never[]) => Promise<unknown> },
    name: Name,
    { work, act }: { readonly work: () => Promise<T>; readonly act: () => Promise<unknown> },
  ): Promise<T> {
    const method = owner[name];
    const [held, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    Object.assign(owner, {
      [name]: async (...call: never[]) => {
        Object.assign(owner, { [name]: method });
        begun.resolve();
        await held.promise;
        return method(...call);
      },
    });
    const working = work();
    await begun.promise;
    await act();
    held.resolve();
    return working;
  }

  it('leave no new project key with a key from which one of them moved away', async () => {
    const setting = setUp();
    const { service, actor, project, keys, object, vault, vaultKey, store } = setting;
    await service.bind(actor, project, vaultKey);
    const move = async () => {
      const moved = await service.bind(actor, project, { ...vaultKey, keyId: 'second' });
      expect(moved.rewrap.remaining).toBe(0);
    };
    const sealed = await whileHeld(vault.provider, 'wrap', { work: () => keys.newObjectKey(object), act: move });
    expect((await store.list(object)).map(({ wrappingKeyId }) => wrappingKeyId)).toEqual(['clinic-vault:second']);
    keys.forget(object);
    await keys.openObjectKey(object, sealed);
  });

  it('wrap none back by that key where the other was slow to rotate it', async () => {
    const setting = setUp();
    const { service, actor, project, keys, object, vaultKey, store } = setting;
    await keys.newObjectKey(object);
    await service.bind(actor, project, vaultKey);
    const second = { ...vaultKey, keyId: 'second' };
    const move = async () => {
      const moved = await service.bind(actor, project, second);
      expect(moved.rewrap).toMatchObject({ rewrapped: 1, remaining: 0 });
    };
    const rotated = await whileHeld(store, 'list', { work: () => service.rotate(actor, project), act: move });
    expect(rotated).toMatchObject({
      status: { key: second, projectKeys: { underThisKey: 1 } },
      rewrap: { remaining: 0 },
    });
    expect((await store.findCurrent(object))?.wrappingKeyId).toBe('clinic-vault:second');
  });

  it('leave destroyed what one of them destroyed while the other bound a key', async () => {
    const setting = setUp();
    const { service, actor, project, keys, object } = setting;
    await keys.newObjectKey(object);
    const bound = whileBinding(setting, () => service.destroy(actor, project, { confirmation: 'Contracts' }));
    await expect(bound).rejects.toMatchObject({ details: { reason: 'key-destroyed' } });
    await expect(keys.newObjectKey(object)).rejects.toMatchObject({ details: { reason: 'key-destroyed' } });
  });
});

describe('who may', () => {
  it('is asked first, for each of these', async () => {
    const { service, actor, project, vaultKey, asked } = setUp();
    await service.status(actor, project);
    await service.status(actor, {});
    await service.bind(actor, project, vaultKey);
    await service.bind(actor, {}, vaultKey);
    for (const change of ['unbind', 'rotate', 'disable', 'enable'] as const) {
      await service[change](actor, project);
      await service[change](actor, {});
    }
    await service.destroy(actor, project, { confirmation: 'Contracts' });
    await service.destroy(actor, {}, { confirmation: 'Hospital' });
    const { projectId } = project;
    expect(asked).toEqual([
      `see-project-key ${projectId}`,
      'see-account-key',
      ...Array.from({ length: 6 }, () => [`manage-project-key ${projectId}`, 'manage-account-key']).flat(),
    ]);
  });

  it('is nobody for a project that is not theirs, even if the check let them through', async () => {
    const { actor, project, vaultKey, ...rest } = setUp();
    const bindings = createMemoryKeyBindingStore(() => undefined);
    const service = createWrappingKeyService({ ...rest, bindings, authorize: async () => {} });
    const attempts = [
      () => service.status(actor, project),
      () => service.bind(actor, project, vaultKey),
      () => service.rotate(actor, project),
      () => service.destroy(actor, project, { confirmation: 'Contracts' }),
      () => service.status(actor, { projectId: 'no id at all' }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not-found' });
    const viewer = createMemoryKeyBindingStore(() => ({ name: 'Contracts', mayManage: false }));
    const seen = createWrappingKeyService({ ...rest, bindings: viewer, authorize: async () => {} });
    await seen.status(actor, project);
    const { calls } = rest.vault.state;
    const before = calls.length;
    for (const attempt of [
      () => seen.rotate(actor, project),
      () => seen.disable(actor, {}),
      () => seen.status(actor, {}),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'permission-denied' });
    expect(calls.length).toBe(before);
  });
});
