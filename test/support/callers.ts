/** Somebody at the app's API: with a login session's cookie as a browser has it, with an API key, or with nothing. */
export type Caller = {
  readonly headers: Readonly<Record<string, string>>;
};

export type Reply = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
};

export const nobody: Caller = { headers: {} };

export function withApiKey(apiKey: string): Caller {
  return { headers: { authorization: `Bearer ${apiKey}` } };
}

/** A page of the very origin sends these. */
export function withCookie(url: string, cookie: string): Caller {
  return { headers: { cookie, origin: url, 'sec-fetch-site': 'same-origin' } };
}

/** Sends a request and reads the whole answer, whatever its status. A plain object as body is sent as JSON. */
export async function send(
  url: string,
  caller: Caller,
  method: string,
  path: string,
  body?: object | string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...caller.headers, ...headers },
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as string) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** As {@link send}, for what must work. @returns the answer as JSON; undefined if it has no body */
export async function must<T = Record<string, unknown>>(...request: Parameters<typeof send>): Promise<T> {
  const { status, text } = await send(...request);
  const [, , method, path] = request;
  if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Signs in with a password. @returns the caller with the session's cookie */
export async function signInAs(url: string, email: string, password: string): Promise<Caller> {
  const reply = await send(url, samePage(url), 'POST', '/api/v1/session', { email, password });
  return cookieOf(url, reply);
}

/** Invites somebody and accepts the invitation for them. @returns them, signed in */
export async function invite(
  url: string,
  administrator: Caller,
  person: { readonly email: string; readonly role: string; readonly password: string },
): Promise<Caller> {
  const { email, role, password } = person;
  const { link } = await must<{ link: string }>(url, administrator, 'POST', '/api/v1/invitations', { email, role });
  return acceptInvitation(url, link, { name: email.split('@')[0] ?? email, password });
}

/** Accepts an invitation by its link. @returns whoever was invited, signed in */
export async function acceptInvitation(
  url: string,
  link: string,
  person: { readonly name: string; readonly password: string },
): Promise<Caller> {
  const token = new URLSearchParams(new URL(link).hash.slice(1)).get('token');
  const reply = await send(url, samePage(url), 'POST', '/api/v1/links/accept-invitation', { token, ...person });
  return cookieOf(url, reply);
}

function samePage(url: string): Caller {
  return { headers: { origin: url, 'sec-fetch-site': 'same-origin' } };
}

function cookieOf(url: string, reply: Reply): Caller {
  const cookie = reply.headers.getSetCookie().find((line) => line.startsWith('cloister_session='));
  if (cookie === undefined) throw new Error(`nobody was signed in: ${reply.status} ${reply.text}`);
  return withCookie(url, cookie.split(';', 1)[0] ?? '');
}
