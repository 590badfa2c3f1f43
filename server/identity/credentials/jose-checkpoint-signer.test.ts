import { CompactSign, generateKeyPair } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../core/index.ts';
import { type ManualClock, manualClock } from '../../core/testing.ts';
import { createBindingSecretWrapper, MemoryAccessStore, MemoryCredentialStore, MemoryMemberStore } from '../testing.ts';
import { createCheckpointSignerOver } from './jose-checkpoint-signer.ts';
import { NEVER, SigningKeys } from './signing-keys.ts';

let clock: ManualClock;
let store: MemoryCredentialStore;
const secretWrapper = createBindingSecretWrapper();
const open = () => createCheckpointSignerOver(store, { secretWrapper, clock });
const auditKeys = () => new SigningKeys({ store, wrapper: secretWrapper, clock, purpose: 'audit' });

beforeEach(() => {
  clock = manualClock();
  const members = new MemoryMemberStore();
  store = new MemoryCredentialStore(members, new MemoryAccessStore(members));
});

describe('the signer of the audit log', () => {
  it('signs what every server of the deployment opens', async () => {
    const [one, other] = [open(), open()];
    await one.ready();
    const signature = await one.sign('the end of a chain, with “quotes”');
    expect(signature.split('.')).toHaveLength(3);
    expect(await other.open(signature)).toBe('the end of a chain, with “quotes”');
  });

  it('signs nothing before it is ready', async () => {
    await expect(open().sign('x')).rejects.toMatchObject({ code: 'internal' });
  });

  it('opens nothing that was altered, that is no signature, or that names a key of nobody', async () => {
    const signer = open();
    await signer.ready();
    const [header = '', , signature = ''] = (await signer.sign('one')).split('.');
    const altered = `${header}.${Buffer.from('two').toString('base64url')}.${signature}`;
    for (const text of [altered, '', 'x', 'a.b.c', `${header}.dHdv.`]) expect(await signer.open(text)).toBeUndefined();
  });

  it('opens for ever what a key signed that signs no more, and takes up the new key within a minute', async () => {
    const signer = open();
    await signer.ready();
    const before = await signer.sign('one');
    await auditKeys().rotate(NEVER);
    clock.advance(61_000);
    await signer.ready();
    const after = await signer.sign('two');
    const keyOf = (signature: string) => signature.split('.')[0];
    expect(keyOf(after)).not.toBe(keyOf(before));
    clock.advance(20 * 365 * 24 * 3600 * 1000);
    for (const reader of [signer, open()]) {
      expect(await reader.open(before)).toBe('one');
      expect(await reader.open(after)).toBe('two');
    }
  });

  it('opens what another server signed with a key that was made a moment ago', async () => {
    const signer = open();
    await signer.ready();
    await auditKeys().rotate(NEVER);
    const other = open();
    await other.ready();
    expect(await signer.open(await other.sign('new'))).toBe('new');
  });

  it('gives no weight to a key that somebody put into the database, nor to one of another purpose', async () => {
    const signer = open();
    await signer.ready();
    const { privateKey } = await generateKeyPair('EdDSA');
    const planted = newId();
    await store.addSigningKey({
      id: planted,
      purpose: 'audit',
      publicJwk: {},
      wrappedPrivateKey: Buffer.from('not wrapped by the KMS'),
      createdAt: new Date(0),
      retiresAt: null,
    });
    const forged = await new CompactSign(Buffer.from('forged'))
      .setProtectedHeader({ alg: 'EdDSA', kid: planted })
      .sign(privateKey);
    expect(await signer.open(forged)).toBeUndefined();

    const tokens = new SigningKeys({ store, wrapper: secretWrapper, clock, purpose: 'access-token' });
    const tokenKey = await tokens.current();
    const [record] = await store.listSigningKeys('access-token');
    if (record === undefined) throw new Error('there is no key');
    const borrowed = await new CompactSign(Buffer.from('borrowed'))
      .setProtectedHeader({ alg: 'EdDSA', kid: tokenKey.id })
      .sign(tokenKey.privateKey);
    expect(await signer.open(borrowed)).toBeUndefined();
    await store.addSigningKey({ ...record, purpose: 'audit' });
    expect(await signer.open(borrowed)).toBeUndefined();

    clock.advance(61_000);
    await signer.ready();
    expect(await signer.open(await signer.sign('still'))).toBe('still');
  });

  it('fails rather than sign with a new key when none of the old ones can be opened', async () => {
    await open().ready();
    const stranger = createCheckpointSignerOver(store, { secretWrapper: createBindingSecretWrapper(), clock });
    await expect(stranger.ready()).rejects.toMatchObject({ code: 'failed-precondition' });
    expect(await store.listSigningKeys('audit')).toHaveLength(1);
  });
});
