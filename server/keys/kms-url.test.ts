import { describe, expect, it } from 'vitest';
import { parseAwsKmsUrl } from './aws-kms-url.ts';
import { faultOfKmsUrl, keyFileOfKms, resolveKmsUrl } from './kms-url.ts';
import { parseVaultUrl } from './vault-url.ts';

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/0d6f7a3e-aaaa-4bbb-8ccc-1234567890ab';

describe('the URL of a KMS', () => {
  it('names Vault’s address, mount and default key', () => {
    expect(
      parseVaultUrl('vault:https://vault.example:8200/team/transit/cloister?secret-file=/s&ca=/c&namespace=a'),
    ).toEqual({
      origin: 'https://vault.example:8200',
      mount: 'team/transit',
      defaultKey: 'cloister',
      secretFile: '/s',
      caFile: '/c',
      namespace: 'a',
    });
    expect(parseVaultUrl('vault:https://vault.example/transit/?secret-file=/s')).toEqual({
      origin: 'https://vault.example',
      mount: 'transit',
      secretFile: '/s',
    });
  });

  it('names the key of AWS KMS, and takes the region of its ARN', () => {
    expect(parseAwsKmsUrl(`aws-kms:${ARN}?secret-file=/s`)).toEqual({
      region: 'eu-central-1',
      endpoint: 'https://kms.eu-central-1.amazonaws.com',
      defaultKey: ARN,
      secretFile: '/s',
    });
    expect(parseAwsKmsUrl('aws-kms:?region=cn-north-1&secret-file=/s').endpoint).toBe(
      'https://kms.cn-north-1.amazonaws.com.cn',
    );
    expect(
      parseAwsKmsUrl('aws-kms:alias/a?region=us-east-1&endpoint=https://kms.example:8443/&secret-file=/s'),
    ).toEqual({
      region: 'us-east-1',
      endpoint: 'https://kms.example:8443',
      defaultKey: 'alias/a',
      secretFile: '/s',
    });
  });

  for (const [url, fault] of [
    ['vault:vault.example/transit/key?secret-file=/s', /it must be vault:https/],
    ['vault:https://ann:hunter2@vault.example/transit/key?secret-file=/s', /user name or a password/],
    ['vault:https://vault.example/transit?secret-file=/s', /mount of the Transit engine is missing/],
    ['vault:https://vault.example/transit/a%2Fb?secret-file=/s', /no name of a key/],
    ['vault:https://vault.example/transit/key', /secret-file is missing/],
    ['vault:https://vault.example/transit/key?secret-file=/s&token=hunter2', /only secret-file, ca, namespace/],
    ['vault:https://vault.example/transit/key?secret-file=/s&secret-file=/t', /twice/],
    ['vault:https://vault.example/transit/key?secret-file=/s&ca=', /ca is empty/],
    ['aws-kms:alias/a?secret-file=/s', /region is missing/],
    [`aws-kms:${ARN}`, /secret-file is missing/],
    ['aws-kms:a b?region=eu-central-1&secret-file=/s', /no ARN, id or alias/],
    [`aws-kms:${ARN}?secret-file=/s&endpoint=https://kms.example/path`, /endpoint must be/],
    ['azure:x', /must begin with local:, pkcs11:, aws-kms:, vault:/],
    ['local:', /must begin with/],
  ] as const) {
    it(`is refused in words that quote nothing of it: ${url}`, () => {
      expect(faultOfKmsUrl(url)).toMatch(fault);
      expect(faultOfKmsUrl(url)).not.toContain('hunter2');
    });
  }

  it('is read from the folder of the file that it stands in', () => {
    expect(resolveKmsUrl('local:root.key', '/etc/cloister')).toBe('local:/etc/cloister/root.key');
    expect(resolveKmsUrl('local:///root.key', '/etc/cloister')).toBe('local:/root.key');
    const vault = 'vault:https://vault.example/transit/key?secret-file=the token&ca=/ca.pem';
    expect(resolveKmsUrl(vault, '/etc/cloister')).toBe(
      'vault:https://vault.example/transit/key?secret-file=/etc/cloister/the%20token&ca=/ca.pem',
    );
    expect(keyFileOfKms(resolveKmsUrl(vault, '/etc/cloister'))).toBe('/etc/cloister/the token');
    const hardware = 'pkcs11:token=t;object=o?module-path=/usr/lib/module.so&pin-source=file:pin';
    expect(keyFileOfKms(resolveKmsUrl(hardware, '/etc/cloister'))).toBe('/etc/cloister/pin');
    expect(keyFileOfKms(`aws-kms:${ARN}?secret-file=/s`)).toBe('/s');
    expect(keyFileOfKms('local:/root.key')).toBe('/root.key');
  });
});
