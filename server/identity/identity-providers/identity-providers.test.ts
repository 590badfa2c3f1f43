import { expect, it } from 'vitest';
import { manualClock } from '../../core/testing.ts';
import type { LoginSessions } from '../credentials/login-sessions.ts';
import { MemorySignInStepStore } from '../sign-in/memory-second-factor-stores.ts';
import { RateLimit } from '../sign-in/rate-limit.ts';
import { SignInSteps } from '../sign-in/sign-in-steps.ts';
import { createMemoryIdentity } from '../testing.ts';
import type { FederatedPeople } from './federated-people.ts';
import { identityProvidersConfig } from './identity-provider-config.ts';
import { IdentityProviders } from './identity-providers.ts';

it('begin so many sign-ins a minute for one address, and keep no step of the others', async () => {
  const clock = manualClock();
  const store = new MemorySignInStepStore();
  const [settings] = identityProvidersConfig.parse([
    { id: 'hospital', name: 'Hospital ID', issuer: 'https://id.example', clientId: 'cloister' },
  ]);
  if (settings === undefined) throw new Error('there is no provider');
  let asked = 0;
  const client = {
    authorizationUrl: async () => {
      asked += 1;
      return new URL('https://id.example/authorize');
    },
    exchange: () => Promise.reject(new Error('nobody comes back')),
  };
  const providers = new IdentityProviders({
    providers: [{ settings, client }],
    members: createMemoryIdentity(clock).members,
    people: {} as FederatedPeople,
    sessions: {} as LoginSessions,
    steps: new SignInSteps({ store, clock }),
    stepLimit: new RateLimit(clock, 2),
  });
  const begin = (address: string) =>
    providers.begin('hospital', 'https://cloister.example/back', { address, browser: 'Firefox on Linux' });
  const refusal = { code: 'resource-exhausted', details: { retryAfterSeconds: 60 } };
  await begin('192.0.2.1');
  await begin('192.0.2.1');
  await expect(begin('192.0.2.1')).rejects.toMatchObject(refusal);
  expect(asked).toBe(2);
  await begin('192.0.2.2');
});
