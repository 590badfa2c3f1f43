import { expect, it } from 'vitest';
import { AppError } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import type { Egress } from '../../egress/index.ts';
import { identityProvidersConfig } from './identity-provider-config.ts';
import { createOpenIdClient } from './openid-client-provider.ts';

const SECRETS = { state: 'state', nonce: 'nonce', codeVerifier: 'code-verifier' };

it('does not ask a provider again for some seconds that did not answer', async () => {
  const clock = manualClock();
  let asked = 0;
  const egress = {
    fetch: async () => {
      asked += 1;
      throw new AppError('unavailable', 'It cannot be reached.');
    },
  } as unknown as Egress;
  const [settings] = identityProvidersConfig.parse([
    { id: 'hospital', name: 'Hospital ID', issuer: 'https://id.example', clientId: 'cloister' },
  ]);
  if (settings === undefined) throw new Error('there is no provider');
  const client = createOpenIdClient(settings, { egress, clock });
  const begin = () => client.authorizationUrl('https://cloister.example/back', SECRETS);
  const refusal = { code: 'unavailable', details: { reason: 'identity-provider-unavailable' } };
  for (let visit = 0; visit < 3; visit += 1) await expect(begin()).rejects.toMatchObject(refusal);
  expect(asked).toBe(1);
  clock.advance(10_000);
  await expect(begin()).rejects.toMatchObject(refusal);
  expect(asked).toBe(2);
});
