import type { FastifyRequest } from 'fastify';

/** Where the server can be reached: what it listens with, and the address that people use if it is another one. */
export type Site = { readonly isTls: boolean; readonly publicUrl?: string };

/**
 * The address of the page that a request comes from, which passkeys and answers of identity providers are bound to. It is one of the two
 * that the server has: the configured one, or the name by which it was asked (which `requireKnownHost` has checked before). What the browser
 * says in `Origin` only chooses between them.
 */
export function siteOriginOf({ headers }: Pick<FastifyRequest, 'headers'>, { isTls, publicUrl }: Site): string {
  const asked = `${isTls ? 'https' : 'http'}://${headers.host ?? 'localhost'}`;
  const known = publicUrl === undefined ? [asked] : [new URL(publicUrl).origin, asked];
  return known.find((origin) => origin === headers.origin) ?? known[0] ?? asked;
}
