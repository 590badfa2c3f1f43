import { tmpdir } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { AppError, newId, Secret, silentLogger } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import { type Api, createApi } from '../create-api.ts';
import type { ApiServices } from '../services.ts';

const PATH = '/api/v1/identity-providers/hospital';

let api: Api | undefined;
afterEach(() => api?.close());

/** Opens an address of the sign-in as a browser does. */
async function open(path: string, options: { publicUrl?: string; cookie?: string; isBusy?: boolean } = {}) {
  const { publicUrl, cookie, isBusy } = options;
  const identityProviders = {
    async begin() {
      if (isBusy !== true) return { url: new URL('https://id.example/authorize'), token: new Secret('step_x') };
      const details = { retryAfterSeconds: 45, reason: 'too-many-requests' };
      throw new AppError('resource-exhausted', 'Too many requests.', { details });
    },
    complete: async () => ({ token: new Secret('cls_x'), actor: {}, expiresAt: new Date(0) }),
  };
  const account = { id: newId(), name: 'Hospital' };
  const never = new Date(0);
  const identity = {
    getProfile: async () => ({ user: {}, account }),
    sessionEnds: async () => ({ expiresAt: never, latestEndAt: never }),
  };
  const called = { identity, signInWays: { identityProviders }, logger: silentLogger, clock: manualClock() };
  // The other routes are there, and nobody calls them.
  const services = new Proxy(called, { get: (target, name) => Reflect.get(target, name) ?? {} });
  api = await createApi({
    services: services as unknown as ApiServices,
    address: { host: '127.0.0.1', port: 0 },
    ...(publicUrl === undefined ? {} : { publicUrl }),
    runDirectory: tmpdir(),
    webDirectory: tmpdir(),
    version: '0.0.0',
  });
  const headers = { host: '127.0.0.1', ...(cookie === undefined ? {} : { cookie }) };
  return api.app.inject({ method: 'GET', url: `${PATH}${path}`, headers });
}

const cookiesOf = ({ headers }: { headers: Record<string, unknown> }) => [headers['set-cookie']].flat().map(String);

it('keep a sign-in under TLS in a cookie of this very host, and read no other', async () => {
  const publicUrl = 'https://cloister.example';
  const [flow = ''] = cookiesOf(await open('/sign-in', { publicUrl }));
  expect(flow).toMatch(/^__Host-cloister_identity_provider=step_x;/);
  for (const attribute of ['; Path=/;', 'HttpOnly', 'Secure', 'SameSite=Lax']) expect(flow).toContain(attribute);
  await api?.close();
  const back = await open('/callback', { publicUrl, cookie: '__Host-cloister_identity_provider=step_x' });
  expect(back.headers.location).toBe('/');
  expect(cookiesOf(back).some((line) => line.startsWith('__Host-cloister_session=cls_x;'))).toBe(true);
  await api?.close();
  const planted = await open('/callback', { publicUrl, cookie: 'cloister_identity_provider=step_x' });
  expect(planted.headers.location).toBe('/sign-in#error=refused');
});

it('tell whoever asks too often when to come again', async () => {
  const refused = await open('/sign-in', { isBusy: true });
  expect(refused.statusCode).toBe(429);
  expect(refused.headers['retry-after']).toBe('45');
});
