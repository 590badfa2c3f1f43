import type { FastifyReply } from 'fastify';

/** OWASP Secure Headers. Nothing is loaded from elsewhere, and model output can't call out by an image or a link that loads itself. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), browsing-topics=()',
  'x-frame-options': 'DENY',
};

/** Answers are not stored by browsers or proxies unless a route says otherwise (hashed files of the web build). */
export function setSecurityHeaders(reply: FastifyReply, isTls: boolean): void {
  for (const [name, value] of Object.entries(HEADERS)) reply.header(name, value);
  reply.header('cache-control', 'no-store');
  if (isTls) reply.header('strict-transport-security', 'max-age=31536000; includeSubDomains');
}
