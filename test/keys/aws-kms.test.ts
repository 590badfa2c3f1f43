import { afterAll, beforeAll } from 'vitest';
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
