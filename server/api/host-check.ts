import { AppError } from '../core/index.ts';

/**
 * Whether a request names this server. On a loopback address any page in the browser could otherwise reach it under a name of its own
 * that resolves to 127.0.0.1 (DNS rebinding), and would count as the same origin.
 * @param host the Host header; @param publicUrl the configured outside address
 * @throws AppError `permission-denied`
 */
export function requireKnownHost(host: string | undefined, listensTo: string, publicUrl: string | undefined): void {
  const name = hostName(host);
  const known = new Set([
    'localhost',
    '127.0.0.1',
    '[::1]',
    hostName(listensTo),
    publicUrl === undefined ? '' : new URL(publicUrl).hostname,
  ]);
  if (name !== '' && known.has(name)) return;
  throw new AppError(
    'permission-denied',
    'This server is not known by that name. Set CLOISTER_PUBLIC_URL to the address that people use.',
    {
      details: { reason: 'unknown-host' },
    },
  );
}

function hostName(host: string | undefined): string {
  if (host === undefined) return '';
  const text = host.includes(':') && !host.startsWith('[') && host.split(':').length > 2 ? `[${host}]` : host;
  return text.replace(/:\d+$/, '').toLowerCase();
}
