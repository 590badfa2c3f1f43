import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId, systemClock } from '../core/index.ts';
import { wrappingKeyIdOf, wrappingKeyOf } from './applicable-key.ts';
import { createKeyService } from './key-service.ts';
import { wrapWithKey } from './key-wrap.ts';
import { createKmsProviders } from './kms-providers.ts';
import { createProjectKeyWrapping } from './project-key-wrapping.ts';
import { createMemoryKeyBindingStore, createMemoryKeyStore, createMemoryKmsProvider, memoryEntry } from './testing.ts';

const owner = { id: newId(), accountId: newId(), projectId: newId() };
const key = { providerId: 'memory', keyId: 'one' };
/** As it is authenticated with everything that was ever saved. */
const context = {
  account: owner.accountId,
  project: owner.projectId,
  projectKey: owner.id,
  purpose: 'project-key',
  version: '1',
};

function setUp() {
  const provider = createMemoryKmsProvider();
  const providers = createKmsProviders(memoryEntry(provider));
  return { provider, providers, wrapping: createProjectKeyWrapping({ providers, clock: systemClock }) };
}

describe('the wrapping of project keys', () => {
  it('opens what was wrapped with the context that was always theirs', async () => {
    const { provider, wrapping } = setUp();
    const projectKey = randomBytes(32);
    const [wrappedKey, now] = [await provider.wrap('one', projectKey, context), new Date()];
    const record = { ...owner, wrappedKey, wrappingKeyId: 'memory:one', createdAt: now, wrappedAt: now };
    expect(Buffer.from(await wrapping.unwrap(record))).toEqual(projectKey);
    for (const moved of [{ accountId: newId() }, { projectId: newId() }, { id: newId() }])
      await expect(wrapping.unwrap({ ...record, ...moved })).rejects.toMatchObject({
        details: { reason: 'sealed-data-not-readable' },
      });
    // Another secret of the same KMS key: a purpose of its own keeps it from being taken for a project key.
    const other = await provider.wrap('one', projectKey, { ...context, purpose: 'signing-key' });
    await expect(wrapping.unwrap({ ...record, wrappedKey: other })).rejects.toMatchObject({
      code: 'failed-precondition',
    });
  });

  it('opens object keys that were wrapped with the context that was always theirs', async () => {
    const { wrapping, providers } = setUp();
    const [projectKey, objectKey] = [randomBytes(32), randomBytes(32)];
    const bindings = createMemoryKeyBindingStore();
    const store = createMemoryKeyStore(bindings);
    const record = { ...owner, ...(await wrapping.wrap(key, owner, projectKey)), createdAt: new Date() };
    await store.insert(record, () => true);
    const service = createKeyService({ providers, store, bindings, clock: systemClock, cacheSeconds: 60 });
    const scope = {
      accountId: owner.accountId,
      projectId: owner.projectId,
      objectId: newId(),
      purpose: 'asset-content',
    };
    const wrapped = wrapWithKey(projectKey, 1, objectKey, {
      account: scope.accountId,
      project: scope.projectId,
      object: scope.objectId,
      purpose: 'asset-content',
      version: '1',
    });
    using opened = await service.openObjectKey(scope, { projectKeyId: owner.id, wrapped });
    expect(Buffer.from(opened.copyBytes())).toEqual(objectKey);
  });

  it('refuses a key of another length', async () => {
    const { provider, wrapping } = setUp();
    const [wrappedKey, now] = [await provider.wrap('one', randomBytes(16), context), new Date()];
    const record = { ...owner, wrappedKey, wrappingKeyId: 'memory:one', createdAt: now, wrappedAt: now };
    await expect(wrapping.unwrap(record)).rejects.toMatchObject({ details: { reason: 'sealed-data-not-readable' } });
  });

  it('names keys whose own ids have colons', () => {
    const arn = { providerId: 'aws', keyId: 'arn:aws:kms:eu-central-1:1:key/2' };
    expect(wrappingKeyOf({ wrappingKeyId: wrappingKeyIdOf(arn) })).toEqual(arn);
  });

  it('says nothing of the version where the provider does not', async () => {
    const { providers } = setUp();
    const silent = { ...createMemoryKmsProvider(), describe: async () => ({ state: 'enabled' as const }) };
    const quiet = createKmsProviders(memoryEntry(silent));
    const wrapped = await createProjectKeyWrapping({ providers: quiet, clock: systemClock }).wrap(
      key,
      owner,
      randomBytes(32),
    );
    expect(wrapped).not.toHaveProperty('wrappingKeyVersion');
    const known = await createProjectKeyWrapping({ providers, clock: systemClock }).wrap(key, owner, randomBytes(32));
    expect(known.wrappingKeyVersion).toBe(1);
  });
});
