import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Instruction, Person, Tampering } from './identity-provider-process.ts';

export const CLIENT = { id: 'cloister', secret: 'a secret of the client, for tests' } as const;

export type TestIdentityProvider = {
  /** `http://localhost:<port>`: for browsers another site than 127.0.0.1. */
  readonly issuer: string;
  /** Begins to serve, and sends browsers back to that address only. */
  serve(redirectUri: string): Promise<void>;
  know(people: Readonly<Record<string, Person>>): Promise<void>;
  tamper(tampering: Tampering): Promise<void>;
  /** Ends the process. */
  stop(): Promise<void>;
};

/** A real identity provider (oidc-provider) in its own process. */
export async function startIdentityProvider(): Promise<TestIdentityProvider> {
  const child = fork(join(import.meta.dirname, 'identity-provider-process.ts'), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const { issuer } = (await answerOf(child)) as { issuer: string };
  const tell = async (instruction: Instruction) => {
    const answer = answerOf(child);
    child.send(instruction);
    await answer;
  };
  return {
    issuer,
    serve: (redirectUri) =>
      tell({ to: 'serve', clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUris: [redirectUri] }),
    know: (people) => tell({ to: 'know', people }),
    tamper: (tampering) => tell({ to: 'tamper', tampering }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const listening = new AbortController();
  const { signal } = listening;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the identity provider ended with code ${code}`);
  });
  ended.catch(() => {});
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message;
  } finally {
    listening.abort();
  }
}

/** A browser's cookies, as far as these tests need them: by origin and name. */
export type Cookies = Map<string, Map<string, string>>;

/** Follows a link as a browser does, without following where it leads. */
export async function open(url: string, cookies: Cookies, form?: Record<string, string>): Promise<Response> {
  const { origin } = new URL(url);
  const own = cookies.get(origin) ?? new Map<string, string>();
  cookies.set(origin, own);
  const response = await fetch(url, {
    redirect: 'manual',
    method: form === undefined ? 'GET' : 'POST',
    headers: { cookie: [...own].map(([name, value]) => `${name}=${value}`).join('; ') },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  });
  for (const line of response.headers.getSetCookie()) {
    const [pair = '', ...attributes] = line.split(';');
    const [name = '', value = ''] = pair.trim().split(/=(.*)/);
    const isGone =
      value === '' || attributes.some((attribute) => /expires=thu, 01 jan 1970|max-age=0/i.test(attribute));
    if (isGone) own.delete(name);
    else own.set(name, value);
  }
  return response;
}

/**
 * Signs in at the provider, by its own forms.
 * @param url where the server sent the browser @returns the address at which the browser comes back
 */
export async function signInAtProvider(url: string, person: string, cookies: Cookies): Promise<string> {
  let next = url;
  for (let hop = 0; hop < 12; hop += 1) {
    const response = await open(next, cookies);
    const location = response.headers.get('location');
    if (location !== null) {
      next = new URL(location, next).href;
      if (next.includes('/callback')) return next;
      continue;
    }
    const page = await response.text();
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
    if (action === undefined) throw new Error(`the provider answered ${response.status}: ${page.slice(0, 500)}`);
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? '';
    const submitted = await open(new URL(action, next).href, cookies, { prompt, login: person, password: 'any' });
    next = new URL(submitted.headers.get('location') ?? '', next).href;
  }
  throw new Error('the provider did not send the browser back');
}
