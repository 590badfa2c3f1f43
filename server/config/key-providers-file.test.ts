import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newTestCertificate } from '../egress/testing.ts';
import { kmsDestinations } from '../keys/index.ts';
import { placesOf } from './places.ts';
import { readSettings, redactedSettings } from './settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-key-providers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(content: unknown, environment: Record<string, string> = {}) {
  const path = join(folder, 'providers.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readSettings({ CLOISTER_KEY_PROVIDERS: path, ...environment }, []);
}

function faultsOf(content: unknown): string {
  try {
    read(content);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const PROVIDER = { id: 'hospital', displayName: 'Hospital’s own Vault' };

describe('the file of key providers', () => {
  it('names providers, with paths from its own folder', () => {
    const { certificate } = newTestCertificate();
    writeFileSync(join(folder, 'ca.pem'), certificate);
    const url = 'vault:https://vault.example:8200/transit/cloister?secret-file=token&ca=ca.pem';
    const { keyProviders } = read([{ ...PROVIDER, url }]);
    expect(keyProviders).toEqual([
      {
        ...PROVIDER,
        url: `vault:https://vault.example:8200/transit/cloister?secret-file=${folder}/token&ca=${folder}/ca.pem`,
      },
    ]);
    expect(kmsDestinations(keyProviders[0]?.url ?? '')).toEqual([
      { host: 'vault.example:8200', why: 'Vault keeps wrapping keys', ca: certificate },
    ]);
    expect(readSettings({}, []).keyProviders).toEqual([]);
  });

  it('tells all faults together, with the place', () => {
    const faults = faultsOf([
      { ...PROVIDER, url: 'azure:x' },
      { ...PROVIDER, id: 'Other', url: 'local:k', accounts: ['acme'] },
    ]);
    expect(faults).toContain('CLOISTER_KEY_PROVIDERS: [0].url must begin with local:');
    expect(faults).toContain('[1].id must be 1 to 63 small letters');
    expect(faults).toContain('[1].accounts[0] must be the id of an account');
    expect(faultsOf('[')).toContain('is not JSON');
    expect(faultsOf([{ ...PROVIDER, id: 'local', url: 'local:k' }])).toContain('the id of the standard provider');
    writeFileSync(join(folder, 'no.pem'), 'no certificate');
    for (const [ca, fault] of [
      ['absent.pem', 'cannot be read (ENOENT)'],
      ['no.pem', 'holds no certificate'],
    ]) {
      const url = `vault:https://vault.example/transit/a?secret-file=t&ca=${ca}`;
      const faults = faultsOf([{ ...PROVIDER, url }]);
      expect(faults).toContain(`[0].url the file "${join(folder, ca ?? '')}"`);
      expect(faults).toContain(fault);
    }
    expect(() => readSettings({ CLOISTER_KMS: 'vault:nonsense' }, [])).toThrow(/CLOISTER_KMS: the URL cannot be used/);
  });

  it('adds its files of secrets to those that no engine may see', () => {
    const settings = read([{ ...PROVIDER, url: 'vault:https://vault.example/transit/a?secret-file=token' }], {
      CLOISTER_KMS: 'aws-kms:alias/a?region=eu-central-1&secret-file=/etc/aws',
    });
    const places = placesOf(settings, { path: folder, deploymentId: 'd', release: () => {} } as never);
    expect(places.keyFiles).toEqual(['/etc/aws', join(folder, 'token')]);
    expect(places.kmsUrl).toBe('aws-kms:alias/a?region=eu-central-1&secret-file=/etc/aws');
    expect(redactedSettings(settings).CLOISTER_KMS).toContain('alias/a');
  });
});
