import { describe, expect, it } from 'vitest';
import { faultOfBucketUrl, parseBucketUrl, resolveBucketUrl } from './bucket-url.ts';

const S3 = 's3:https://s3.example:9000?region=eu-central-1&secret-file=/etc/s3.secret&credentials=none';

describe('a bucket URL', () => {
  it('is a folder, with and without slashes', () => {
    expect(parseBucketUrl('file:/srv/my%20buckets')).toEqual({ type: 'file', folder: '/srv/my%20buckets' });
    expect(parseBucketUrl('file:///srv/my%20buckets')).toEqual({ type: 'file', folder: '/srv/my buckets' });
    expect(resolveBucketUrl('file:buckets', '/data')).toBe('file:/data/buckets');
  });

  it('is a storage over S3, whose credentials are said and never guessed', () => {
    expect(parseBucketUrl(S3)).toEqual({
      type: 's3',
      endpoint: 'https://s3.example:9000',
      region: 'eu-central-1',
      secretFile: '/etc/s3.secret',
    });
    expect(
      parseBucketUrl(
        's3:https://s3.example?prefix=lab-&secret-file=a&ca=b.pem&credentials=iam&iam=https://iam.example:8443/',
      ),
    ).toEqual({
      type: 's3',
      endpoint: 'https://s3.example',
      region: 'us-east-1',
      prefix: 'lab-',
      secretFile: 'a',
      caFile: 'b.pem',
      iamEndpoint: 'https://iam.example:8443',
    });
  });

  it.each([
    ['', 'must be file:<folder> or s3:'],
    ['file:', 'must be file:<folder> or s3:'],
    ['gs:https://x', 'must be file:<folder> or s3:'],
    [S3.replace('https://s3.example:9000', 's3.example'), 'the address must be https://'],
    [S3.replace('s3.example', 'user:word@s3.example'), 'the address must be https://'],
    [S3.replace(':9000', ':9000/path'), 'the address must be https://'],
    [S3.replace('eu-central-1', 'EU'), 'region must be'],
    [`${S3}&prefix=Lab`, 'prefix must be'],
    [`${S3}&prefix=much-too-long-`, 'prefix must be 1 to 12'],
    [S3.replace('secret-file=/etc/s3.secret&', ''), 'secret-file is missing'],
    [S3.replace('&credentials=none', ''), 'credentials must be "iam"'],
    [S3.replace('none', 'iam'), 'iam must be there'],
    [`${S3}&iam=https://iam.example`, 'iam must be there'],
    [`${S3}&credential=iam`, 'only region, prefix, secret-file, ca, credentials, iam can stand'],
    [`${S3}&credentials=none`, 'credentials is in it twice'],
    [`${S3}&ca=`, 'ca is empty'],
  ])('is refused: %s', (url, fault) => {
    expect(faultOfBucketUrl(url)).toContain(fault);
    expect(faultOfBucketUrl(url)).not.toContain('word');
  });

  it('has its files found from a folder', () => {
    const relative = 's3:https://s3.example?secret-file=my secret&ca=/etc/ca.pem&credentials=none';
    const address = parseBucketUrl(resolveBucketUrl(relative, '/etc/cloister'));
    expect(address).toMatchObject({ secretFile: '/etc/cloister/my secret', caFile: '/etc/ca.pem' });
  });
});
