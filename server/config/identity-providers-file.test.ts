import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityProviderHosts } from '../identity/index.ts';
import { readSettings } from './settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-identity-providers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const PROVIDER = { id: 'hospital', name: 'Hospital ID', issuer: 'https://id.example/realms/one', clientId: 'cloister' };

function read(content: unknown) {
  const path = join(folder, 'providers.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readSettings({ CLOISTER_IDENTITY_PROVIDERS: path }, []).identityProviders;
}

function faultsOf(content: unknown): string {
  try {
    read(content);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the file of identity providers', () => {
  it('needs no more than an id, a name, an issuer and a client', () => {
    expect(read([PROVIDER])).toEqual([
      {
        ...PROVIDER,
        scopes: ['openid', 'profile', 'email'],
        groupsClaim: 'groups',
        roles: [],
        projectRoles: [],
        createUsers: true,
        trustEmail: false,
        endpointHosts: [],
      },
    ]);
    expect(readSettings({}, []).identityProviders).toEqual([]);
  });

  it('names the file of a secret, from its own folder, and no secret is printed', () => {
    writeFileSync(join(folder, 'secret'), 'hunter2\n');
    const [provider] = read([{ ...PROVIDER, clientSecretFile: 'secret' }]);
    expect(provider?.clientSecret?.expose()).toBe('hunter2');
    expect(JSON.stringify(provider)).not.toContain('hunter2');
  });

  it('tells all faults together, with the place', () => {
    const faults = faultsOf([
      { ...PROVIDER, issuer: 'http://id.example', roles: [{ group: 'staff', role: 'service' }] },
      { ...PROVIDER, clientSecret: 'hunter2' },
    ]);
    expect(faults).toContain('[0].issuer must be an https:// URL');
    expect(faults).toContain('[0].roles[0].role');
    expect(faults).toContain('clientSecret');
    expect(faultsOf([PROVIDER, PROVIDER])).toContain('[1].id is the id of another provider too');
    expect(faults).not.toContain('hunter2');
  });

  it('is refused when it cannot be read, is no JSON, or names a secret that is not there', () => {
    expect(faultsOf('{')).toContain('is not JSON');
    expect(faultsOf([{ ...PROVIDER, clientSecretFile: 'gone' }])).toContain('clientSecretFile of "hospital"');
    writeFileSync(join(folder, 'empty'), '\n');
    expect(faultsOf([{ ...PROVIDER, clientSecretFile: 'empty' }])).toContain('is empty');
    const path = join(folder, 'gone.json');
    expect(() => readSettings({ CLOISTER_IDENTITY_PROVIDERS: path }, [])).toThrow('cannot be read (ENOENT)');
  });

  it('takes plain http on this machine alone, and no address with a password or a query', () => {
    for (const issuer of ['http://localhost:9000', 'http://127.0.0.1:9000', 'http://[::1]:9000', 'https://id.example'])
      expect(faultsOf([{ ...PROVIDER, issuer }]), issuer).toBe('');
    for (const issuer of [
      'http://10.0.0.1',
      'https://user:pass@id.example',
      'https://id.example/?a=b',
      'ftp://id.example',
      'x',
    ])
      expect(faultsOf([{ ...PROVIDER, issuer }]), issuer).toContain('[0].issuer');
  });

  it('says where the server must be able to go', () => {
    const providers = read([
      { ...PROVIDER, endpointHosts: ['keys.example:8443'] },
      { ...PROVIDER, id: 'local', issuer: 'http://localhost:9000' },
    ]);
    expect(identityProviderHosts(providers).map(({ host }) => host)).toEqual([
      'id.example:443',
      'keys.example:8443',
      'localhost:9000',
    ]);
  });
});
