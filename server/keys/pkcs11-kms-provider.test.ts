import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kmsProviderConformance } from './kms-provider.conformance.ts';
import { answerOf } from './pkcs11-errors.ts';
import { openPkcs11KmsProvider, type Pkcs11KmsProvider } from './pkcs11-kms-provider.ts';
import { createQueue, loadPkcs11Module, type Pkcs11Module } from './pkcs11-module.ts';
import { type Pkcs11Address, parsePkcs11Url } from './pkcs11-url.ts';
import { createSoftHsmToken, type SoftHsmToken } from './softhsm-token.ts';

const secret = Buffer.from('a project key of thirty-two byte');
const context = { purpose: 'test' };

let token: SoftHsmToken;
let address: Pkcs11Address;
const open = (mayCreate = true) => openPkcs11KmsProvider({ address, mayCreate: async () => mayCreate });

function makeToken(): void {
  token = createSoftHsmToken();
  // SoftHSM reads it when it is initialised, which the last provider to close undoes.
  Object.assign(process.env, token.environment);
  address = parsePkcs11Url(token.url('account/1'));
}

describe('keys in SoftHSM 2', () => {
  beforeAll(makeToken);
  afterAll(() => token.remove());

  kmsProviderConformance('PKCS#11', async () => {
    const provider = await open();
    await provider.createKey('account/2').catch((error) => expect(error).toMatchObject({ code: 'already-exists' }));
    return provider;
  });
});

describe('the PKCS#11 provider', () => {
  let provider: Pkcs11KmsProvider;
  beforeEach(async () => {
    makeToken();
    provider = await open();
  });
  afterEach(async () => {
    await provider.close();
    token.remove();
  });

  const opened = async (wrapped: Uint8Array) => Buffer.from(await provider.unwrap('account/1', wrapped, context));

  it('makes its key in the token, which never gives it out', async () => {
    const { flags, answer } = await lookInto('account/1');
    expect(flags).toEqual([false, true, true]);
    expect(answer).toBe('CKR_ATTRIBUTE_SENSITIVE');
  });

  it('wraps by the newest version and opens what older ones wrapped, also after it was opened anew', async () => {
    expect(await provider.describe('account/1')).toEqual({ state: 'enabled', keyVersion: 1 });
    const first = await provider.wrap('account/1', secret, context);
    expect(await provider.newVersion?.('account/1')).toEqual({ state: 'enabled', keyVersion: 2 });
    const second = await provider.wrap('account/1', secret, context);
    expect([first, second].map((wrapped) => Buffer.from(wrapped).readUInt32BE(1))).toEqual([1, 2]);
    await provider.close();
    provider = await open(false);
    expect(await opened(first)).toEqual(secret);
    expect(await opened(second)).toEqual(secret);
    expect(await provider.describe('account/1')).toEqual({ state: 'enabled', keyVersion: 2 });
  });

  it('finds a version that somebody else made since', async () => {
    const other = await open();
    await other.newVersion?.('account/1');
    const wrapped = await other.wrap('account/1', secret, context);
    await other.close();
    expect(await opened(wrapped)).toEqual(secret);
    expect(Buffer.from(await provider.wrap('account/1', secret, context)).readUInt32BE(1)).toBe(2);
  });

  it('does many things at once', async () => {
    const wrapped = await Promise.all(Array.from({ length: 20 }, () => provider.wrap('account/1', secret, context)));
    expect(await Promise.all(wrapped.map(opened))).toEqual(wrapped.map(() => secret));
  });

  it('says of a key that is not there how it is made, and makes none in its place', async () => {
    const wrapped = await provider.wrap('account/1', secret, context);
    const words = 'There is no key "lost" in the token "Cloister test". Make it with';
    for (const work of [provider.describe('lost'), provider.newVersion?.('lost')]) {
      await expect(work).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining(words) });
    }
    for (const work of [provider.wrap('lost', secret, context), provider.unwrap('lost', wrapped, context)]) {
      await expect(work).rejects.toMatchObject({
        code: 'failed-precondition',
        message: expect.stringContaining(words),
      });
    }
    address = { ...address, object: 'lost' };
    await expect(open(false)).rejects.toThrow(words);
    expect(await provider.createKey('lost')).toEqual({ state: 'enabled', keyVersion: 1 });
    await expect(provider.createKey('lost')).rejects.toMatchObject({ code: 'already-exists' });
  });

  it('refuses keys that can leave the token, are short, or have no version', async () => {
    await generate({ label: 'open', extractable: true });
    await generate({ label: 'short', length: 16 });
    await generate({ label: 'named', id: Buffer.from('not a number') });
    const refusals = { open: /taken out/, short: /32 bytes/, named: /no version/ };
    for (const [label, words] of Object.entries(refusals)) {
      await expect(provider.wrap(label, secret, context)).rejects.toThrow(words);
      await expect(provider.describe(label)).rejects.toMatchObject({ code: 'failed-precondition' });
    }
  });

  it('opens what either key wrapped where two servers made the same version at once, and takes one of them everywhere', async () => {
    const other = await open();
    await provider.newVersion?.('account/1');
    const before = await provider.wrap('account/1', secret, context);
    expect(Buffer.from(await other.unwrap('account/1', before, context))).toEqual(secret);
    await generate({ label: 'account/1', id: Buffer.from([0, 0, 0, 2]) });
    const now = await provider.wrap('account/1', secret, context);
    for (const wrapped of [before, now]) {
      expect(Buffer.from(wrapped).readUInt32BE(1)).toBe(2);
      expect(await opened(wrapped)).toEqual(secret);
      expect(Buffer.from(await other.unwrap('account/1', wrapped, context))).toEqual(secret);
      await expect(provider.unwrap('account/1', wrapped, { purpose: 'another' })).rejects.toMatchObject({
        details: { reason: 'sealed-data-not-readable' },
      });
    }
    await other.close();
    expect(await provider.describe('account/1')).toEqual({ state: 'enabled', keyVersion: 2 });
    await provider.close();
    provider = await open(false);
    expect(await opened(now)).toEqual(secret);
    expect(await provider.newVersion?.('account/1')).toEqual({ state: 'enabled', keyVersion: 3 });
  });

  it('wraps by the one of two keys of a version that may be used, and finds it where it is new', async () => {
    await generate({ label: 'twice', decrypts: false });
    expect(await provider.describe('twice')).toEqual({ state: 'disabled', keyVersion: 1 });
    const other = await open();
    await generate({ label: 'twice', id: Buffer.from([0, 1]) });
    const wrapped = await other.wrap('twice', secret, context);
    await other.close();
    expect(Buffer.from(await provider.unwrap('twice', wrapped, context))).toEqual(secret);
    expect(await provider.describe('twice')).toEqual({ state: 'enabled', keyVersion: 1 });
  });

  it('takes a key that the tool of the module made', async () => {
    await generate({ label: 'by hand', id: Buffer.from([7]) });
    const wrapped = await provider.wrap('by hand', secret, context);
    expect(Buffer.from(await provider.unwrap('by hand', wrapped, context))).toEqual(secret);
    expect(await provider.describe('by hand')).toEqual({ state: 'enabled', keyVersion: 7 });
  });

  it('tells that a key may not be used', async () => {
    await generate({ label: 'disabled', decrypts: false });
    expect(await provider.describe('disabled')).toMatchObject({ state: 'disabled' });
    await expect(provider.wrap('disabled', secret, context)).rejects.toThrow(/is disabled there/);
  });

  it('says that the token is gone, and goes on when it is back', async () => {
    const wrapped = await provider.wrap('account/1', secret, context);
    const other = await open();
    token.unplug();
    const gone = { code: 'unavailable', message: expect.stringContaining('"Cloister test" cannot be reached') };
    await expect(opened(wrapped)).rejects.toMatchObject(gone);
    await expect(provider.wrap('account/1', secret, context)).rejects.toMatchObject(gone);
    await expect(provider.describe('account/1')).rejects.toMatchObject(gone);
    await expect(provider.newVersion?.('account/1')).rejects.toMatchObject(gone);
    await expect(open(true)).rejects.toMatchObject(gone);
    token.plugIn();
    expect(await opened(wrapped)).toEqual(secret);
    expect(Buffer.from(await other.unwrap('account/1', wrapped, context))).toEqual(secret);
    await other.close();
    expect(await provider.describe('account/1')).toEqual({ state: 'enabled', keyVersion: 1 });
  });

  it('tries a wrong PIN once, whichever provider has it, and the right one when it is in the file', async () => {
    const wrapped = await provider.wrap('account/1', secret, context);
    token.unplug();
    await expect(opened(wrapped)).rejects.toMatchObject({ code: 'unavailable' });
    token.plugIn();
    const logins = countLogins();
    token.writePin('0000');
    for (const work of [() => opened(wrapped), () => provider.describe('account/1'), () => opened(wrapped)]) {
      await expect(work()).rejects.toMatchObject({
        code: 'permission-denied',
        message: expect.stringMatching(/refuses the PIN in ".*pin" \(CKR_PIN_INCORRECT\)/),
      });
    }
    await expect(open()).rejects.toMatchObject({ code: 'permission-denied' });
    expect(logins.count()).toBe(1);
    token.writePin('4711-0815');
    expect(await opened(wrapped)).toEqual(secret);
    expect(logins.count()).toBe(2);
    await logins.stop();
  });

  it('says what is wrong with where it was told to look', async () => {
    const faults: [Partial<Pkcs11Address>, RegExp][] = [
      [
        { modulePath: join(tmpdir(), 'no-such-library.so') },
        /The PKCS#11 library ".*no-such-library.so" cannot be loaded/,
      ],
      [{ token: 'another' }, /The token "another" cannot be reached/],
      [{ serial: '00' }, /The token "Cloister test" cannot be reached/],
    ];
    for (const [part, words] of faults) {
      await expect(
        openPkcs11KmsProvider({ address: { ...address, ...part }, mayCreate: async () => true }),
      ).rejects.toThrow(words);
    }
    await provider.close();
    const pinFile = join(tmpdir(), 'no-such-pin');
    await expect(
      openPkcs11KmsProvider({ address: { ...address, pinFile }, mayCreate: async () => true }),
    ).rejects.toThrow(/"\/.*no-such-pin" with the token's PIN cannot be read \(ENOENT\)/);
  });
});

describe('where a PKCS#11 URI', () => {
  const whole = 'pkcs11:token=A%3bB;object=k%2F1?module-path=/lib/hsm.so&pin-source=file:///etc/pin%20file';

  it('is as RFC 7512 has it, every part is read', () => {
    const read = { token: 'A;B', object: 'k/1', modulePath: '/lib/hsm.so', pinFile: '/etc/pin file' };
    expect(parsePkcs11Url(whole)).toEqual(read);
    expect(parsePkcs11Url(whole.replace(';', ';type=secret-key;serial=12;'))).toEqual({ ...read, serial: '12' });
    expect(parsePkcs11Url(whole.replace('file://', ''))).toEqual(read);
  });

  it('is not, or says more than Cloister takes in, it is refused in words that hold none of it', () => {
    const faults: [string, RegExp][] = [
      ['pkcs12:token=a', /must be pkcs11:token=/],
      [whole.replace('object=', 'objekt='), /only token, serial, object, type can stand there/],
      [whole.replace('token=A%3bB;', ''), /token is missing/],
      [whole.replace('object=k%2F1', 'object='), /object is missing/],
      [whole.replace('object=', 'token=x;object='), /token is in it twice/],
      [whole.replace('object=', 'type=cert;object='), /must be secret-key/],
      [whole.replace('=/lib', '=lib'), /absolute path of the library/],
      [whole.replace(/file:.*/, 'pin.txt'), /absolute path of a file/],
      [whole.replace(/&pin-source.*/, ''), /pin-source is missing/],
      [`${whole}&pin-value=4711`, /a PIN must not be in it/],
      [whole.replace('%3b', '%zz'), /percent-encoded/],
    ];
    for (const [url, words] of faults) {
      expect(() => parsePkcs11Url(url)).toThrow(words);
      expect(() => parsePkcs11Url(url)).not.toThrow(/4711|A%3|hsm/);
    }
  });
});

describe('work on a hardware module', () => {
  it('is done one after another, whatever became of what was before', async () => {
    const run = createQueue(60_000);
    const order: string[] = [];
    const first = run(async () => {
      order.push('first begins');
      await new Promise((resolve) => setImmediate(resolve));
      order.push('first ends');
      throw new Error('broken');
    });
    const second = run(() => order.push('second'));
    await expect(first).rejects.toThrow('broken');
    await second;
    expect(order).toEqual(['first begins', 'first ends', 'second']);
  });

  it('is not waited for without end, and does not begin when nobody waits any more', async () => {
    const run = createQueue(20);
    const hanging = Promise.withResolvers<void>();
    await expect(run(() => hanging.promise)).rejects.toMatchObject({ code: 'unavailable' });
    let hasBegun = false;
    const later = run(() => {
      hasBegun = true;
    });
    await expect(later).rejects.toMatchObject({ code: 'unavailable' });
    hanging.resolve();
    await run(() => {});
    expect(hasBegun).toBe(false);
  });
});

/** How often the library was asked to log in from now on. */
function countLogins(): { count(): number; stop(): Promise<void> } {
  const { functions, release } = loadPkcs11Module(token.modulePath);
  const { C_Login: login } = functions;
  let count = 0;
  functions.C_Login = (...call) => {
    count += 1;
    return login.apply(functions, call);
  };
  return {
    count: () => count,
    async stop() {
      functions.C_Login = login;
      await release();
    },
  };
}

/** Works with the token as another program of its owner, in a session of its own; this process is logged in by the provider. */
async function asOwner<T>(work: (library: Pkcs11Module, session: Buffer) => T): Promise<T> {
  const module = loadPkcs11Module(token.modulePath);
  const { library: c, functions } = module;
  const [slot] = functions.C_GetSlotList(true);
  if (slot === undefined) throw new Error('there is no token');
  const session = functions.C_OpenSession(slot, c.CKF_SERIAL_SESSION | c.CKF_RW_SESSION);
  try {
    return work(module, session);
  } finally {
    functions.C_CloseSession(session);
    await module.release();
  }
}

type HandMade = { label: string; id?: Buffer; length?: number; extractable?: boolean; decrypts?: boolean };

function generate({ label, id = Buffer.from([1]), length = 32, extractable = false, decrypts = true }: HandMade) {
  return asOwner(({ library: c, functions }, session) =>
    functions.C_GenerateKey(session, { mechanism: c.CKM_AES_KEY_GEN }, [
      { type: c.CKA_CLASS, value: c.CKO_SECRET_KEY },
      { type: c.CKA_KEY_TYPE, value: c.CKK_AES },
      { type: c.CKA_LABEL, value: label },
      { type: c.CKA_ID, value: id },
      { type: c.CKA_VALUE_LEN, value: length },
      { type: c.CKA_EXTRACTABLE, value: extractable },
      { type: c.CKA_DECRYPT, value: decrypts },
      ...[c.CKA_TOKEN, c.CKA_PRIVATE, c.CKA_SENSITIVE, c.CKA_ENCRYPT].map((type) => ({ type, value: true })),
    ]),
  );
}

/** What the token tells of a key, and what it answers to a question for the key itself. */
function lookInto(label: string) {
  return asOwner(({ library: c, functions }, session) => {
    functions.C_FindObjectsInit(session, [{ type: c.CKA_LABEL, value: label }]);
    const [key] = functions.C_FindObjects(session, 1);
    functions.C_FindObjectsFinal(session);
    if (key === undefined) throw new Error('there is no such key');
    const asked = [c.CKA_EXTRACTABLE, c.CKA_SENSITIVE, c.CKA_PRIVATE].map((type) => ({ type }));
    const flags = functions.C_GetAttributeValue(session, key, asked).map(({ value }) => (value as Buffer)[0] === 1);
    try {
      functions.C_GetAttributeValue(session, key, [{ type: c.CKA_VALUE }]);
      return { flags, answer: 'the key' };
    } catch (error) {
      return { flags, answer: answerOf(error) };
    }
  });
}
