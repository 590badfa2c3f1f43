import { useSyncExternalStore } from 'react';

/**
 * One-time links carry their token in the fragment, which no server and no proxy ever sees; a sign-in that an identity provider refused
 * comes back with a word there. It is read into memory, and taken out of the address bar before anything else happens.
 */
const fields: Readonly<Record<string, string>> = {
  '/setup': 'token',
  '/invitation': 'token',
  '/password-reset': 'token',
  '/sign-in': 'error',
};

const taken = new Map<string, string>();
const listeners = new Set<() => void>();

export function takeFragmentsFromAddress(): void {
  take();
  // Another link that is opened in the same tab only changes the fragment; the page is not loaded anew.
  window.addEventListener('hashchange', take);
}

function take(): void {
  const { pathname, hash } = window.location;
  const field = fields[pathname];
  if (field === undefined || hash === '') return;
  const value = new URLSearchParams(hash.slice(1)).get(field);
  window.history.replaceState(window.history.state, '', pathname);
  if (value === null) return;
  taken.set(pathname, value);
  for (const listener of listeners) listener();
}

/** What the address of that page carried; undefined when it carried nothing, or the page was loaded again since. */
export function useFragment(pathname: '/setup' | '/invitation' | '/password-reset' | '/sign-in'): string | undefined {
  return useSyncExternalStore(listen, () => taken.get(pathname));
}

/** Forgets it once it was used. */
export function dropFragment(pathname: string): void {
  taken.delete(pathname);
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
