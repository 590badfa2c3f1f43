import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateAliasCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../server/core/index.ts';
import { createEgress } from '../../server/egress/index.ts';
import { openAwsKmsProvider } from '../../server/keys/aws-kms-provider.ts';
import { kmsDestinations } from '../../server/keys/index.ts';
import type { KmsProvider } from '../../server/keys/kms-provider.ts';
import { kmsProviderConformance } from '../../server/keys/testing.ts';
import { type MotoServer, startMoto } from '../support/moto.ts';

let moto: MotoServer;
let keyIds: [string, string];
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  moto = await startMoto();
  keyIds = [await moto.makeKey(), await moto.makeKey()];
});
afterAll(async () => {
  for (const close of closers) await close();
  await moto?.remove();
});

async function open(url = moto.kmsUrl('')): Promise<KmsProvider> {
  const egress = createEgress({ allow: kmsDestinations(url), logger: silentLogger });
  const provider = await openAwsKmsProvider(url, { egress, clock: systemClock, logger: silentLogger });
  closers.push(async () => {
    await provider.close();
    await egress.close();
  });
  return provider;
}

kmsProviderConformance('AWS KMS (moto, a stand-in)', open, () => keyIds);

describe('AWS KMS (moto, a stand-in)', () => {
  const context = { account: 'a', project: 'p' };
  const secret = Buffer.from('a key of thirty-two bytes, a key');

  it('takes a key by its ARN, its id and its alias', async () => {
    const [arn] = keyIds;
    await moto.client.send(new CreateAliasCommand({ AliasName: 'alias/cloister', TargetKeyId: arn }));
    const provider = await open();
    const wrapped = await provider.wrap('alias/cloister', secret, context);
    for (const keyId of [arn, arn.split('/')[1] ?? '', 'alias/cloister']) {
      expect(Buffer.from(await provider.unwrap(keyId, wrapped, context))).toEqual(secret);
    }
  });

  it('tells of a key that is disabled, one that will be deleted, and one that is not there', async () => {
    const provider = await open();
    const keyId = await moto.makeKey();
    // moto changes keys by their id only.
    const operated = { KeyId: keyId.split('/')[1] };
    const wrapped = await provider.wrap(keyId, secret, context);
    await moto.client.send(new DisableKeyCommand(operated));
    expect(await provider.describe(keyId)).toEqual({ state: 'disabled' });
    await moto.client.send(new EnableKeyCommand(operated));
    expect(await provider.describe(keyId)).toEqual({ state: 'enabled' });
    expect(Buffer.from(await provider.unwrap(keyId, wrapped, context))).toEqual(secret);
    await moto.client.send(new ScheduleKeyDeletionCommand({ ...operated, PendingWindowInDays: 7 }));
    expect(await provider.describe(keyId)).toEqual({ state: 'destroyed' });

    for (const absent of [
      'alias/absent',
      `${keyIds[0].split('/')[0]}/00000000-0000-4000-8000-000000000000`,
      'a key?',
    ]) {
      await expect(provider.describe(absent)).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining(`There is no key "${absent}"`),
      });
      await expect(provider.wrap(absent, secret, context)).rejects.toMatchObject({ code: 'failed-precondition' });
    }
  });

  it('makes no versions: that is for AWS', async () => {
    expect((await open()).newVersion).toBeUndefined();
  });

  it('takes its access key from the file alone, and tells what is wrong with that', async () => {
    const file = join(moto.folder, 'secret-of-test');
    const url = moto.kmsUrl(keyIds[0]).replace(/secret-file=.*/, `secret-file=${file}`);
    const provider = await open(url);
    process.env.AWS_ACCESS_KEY_ID = 'of-the-environment';
    process.env.AWS_SECRET_ACCESS_KEY = 'of-the-environment';
    try {
      await expect(provider.describe(keyIds[0])).rejects.toThrow(
        /secret-file ".*" of the AWS KMS .* cannot be read \(ENOENT\)/,
      );
    } finally {
      delete process.env.AWS_ACCESS_KEY_ID;
      delete process.env.AWS_SECRET_ACCESS_KEY;
    }
    writeFileSync(file, '[default]\naws_access_key_id = a\naws_secret_access_key = b\n');
    expect(await provider.describe(keyIds[0])).toEqual({ state: 'enabled' });
  });
});
