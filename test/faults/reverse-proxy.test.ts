/** Behind a reverse proxy: whose address counts, for guesses, the list of login sessions and the audit log. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditEventList, loginSessionList } from '../../contract/app/index.ts';
import { type Caller, must, send, withCookie } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';

const CLIENT = '203.0.113.7';
const { email, password } = ADMINISTRATOR;

/** What the proxy sends on: what the browser sent, and whom it had that from. */
function through(url: string, forwarded: string): Caller {
  return { headers: { origin: url, 'sec-fetch-site': 'same-origin', 'x-forwarded-for': forwarded } };
}

/** Signs in with that header. @returns the addresses of the session and of its event */
async function addressesOf({ url }: Deployment, forwarded: string): Promise<(string | null | undefined)[]> {
  const caller = through(url, forwarded);
  const reply = await send(url, caller, 'POST', '/api/v1/session', { email, password });
  expect(reply.status, reply.text).toBe(200);
  const cookie = reply.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  const signedIn = withCookie(url, cookie);
  const { items: sessions } = loginSessionList.parse(await must(url, signedIn, 'GET', '/api/v1/profile/sessions'));
  const { items: events } = auditEventList.parse(
    await must(url, signedIn, 'GET', '/api/v1/audit-events?action=login-session.begin'),
  );
  return [sessions.find(({ isCurrent }) => isCurrent)?.address, events[0]?.actor.address];
}

describe('a server that trusts a proxy on its own machine', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ settings: { CLOISTER_TRUSTED_PROXIES: '127.0.0.1, 198.51.100.0/24' } });
  });
  afterAll(() => deployment?.remove());

  it('knows people by the address that the proxy tells', async () => {
    expect(await addressesOf(deployment, CLIENT)).toEqual([CLIENT, CLIENT]);
    expect(await addressesOf(deployment, `${CLIENT}, 198.51.100.9`)).toEqual([CLIENT, CLIENT]);
  });

  it('believes nothing that stands before an address that it does not trust', async () => {
    expect(await addressesOf(deployment, `192.0.2.66, ${CLIENT}`)).toEqual([CLIENT, CLIENT]);
  });

  it('writes down no words that are not an address', async () => {
    expect(await addressesOf(deployment, 'something-else')).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('slows down whoever guesses, and not the others behind the proxy', async () => {
    const { url } = deployment;
    const guess = (name: string) =>
      send(url, through(url, '192.0.2.66'), 'POST', '/api/v1/session', { email: name, password: 'a wrong password' });
    const replies = await Promise.all(Array.from({ length: 60 }, (_, index) => guess(`nobody-${index}@example.org`)));
    expect(replies.at(-1)?.status).toBe(429);
    expect(await addressesOf(deployment, '203.0.113.8')).toEqual(['203.0.113.8', '203.0.113.8']);
  });
});

describe('a server that trusts no proxy', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
  });
  afterAll(() => deployment?.remove());

  it('believes nobody who says where they come from', async () => {
    expect(await addressesOf(deployment, CLIENT)).toEqual(['127.0.0.1', '127.0.0.1']);
  });
});
