/**
 * The one-time link carries its token in the fragment, which no server and no proxy ever sees. It is read into memory once, and
 * taken out of the address bar before anything else happens.
 */
let token: string | undefined;

export function takeSetUpTokenFromAddress(): void {
  const { pathname, hash } = window.location;
  if (pathname !== '/setup' || hash === '') return;
  token = new URLSearchParams(hash.slice(1)).get('token') ?? undefined;
  window.history.replaceState(null, '', pathname);
}

export const setUpToken = (): string | undefined => token;
