import { AppError } from '../core/index.ts';

/** One place that the server may connect to. */
export type AllowedDestination = {
  /** Exact host, with a port unless it is 443: `huggingface.co`, `models.example:8443`, `127.0.0.1:9000`, `[::1]:9000`. No wildcards. */
  readonly host: string;
  /** Why the server may go there, for the operator who reads the list. */
  readonly why: string;
  /** PEM certificates of the authorities that this host is trusted by, in place of the usual ones. */
  readonly ca?: string;
};

export type DestinationCheck = {
  /**
   * Returns when the URL's host and port are in the list.
   * @throws AppError `permission-denied` that names the host, never path or query.
   */
  check(url: URL): void;
  /** The authorities that alone are trusted for a host (as {@link hostAndPort} gives it); undefined: the usual ones. */
  authoritiesOf(host: string): string[] | undefined;
  readonly destinations: readonly AllowedDestination[];
};

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/**
 * The list of allowed destinations, compared as exact text: `localhost`, `127.0.0.1` and `huggingface.co.` (with a dot) are three
 * names, and being allowed to one is not being allowed to another.
 * @throws AppError `invalid-argument` for an entry that is not a host with an optional port.
 */
export function createDestinationCheck(destinations: readonly AllowedDestination[]): DestinationCheck {
  const allowed = new Map<string, string[]>();
  for (const { host, ca } of destinations) {
    const others = allowed.get(normalise(host)) ?? [];
    allowed.set(normalise(host), ca === undefined ? others : [...others, ca]);
  }
  return {
    destinations,
    authoritiesOf(host) {
      const authorities = allowed.get(host) ?? [];
      return authorities.length === 0 ? undefined : authorities;
    },
    check(url) {
      if (url.protocol !== 'https:' && url.protocol !== 'http:') {
        throw refusal(`Outbound connections use https; "${url.protocol.replace(/:$/, '')}" is not allowed.`);
      }
      const host = hostAndPort(url);
      if (url.username !== '' || url.password !== '') {
        throw refusal(`The address of ${host} holds a user name or password; that is not allowed in an address.`);
      }
      if (!allowed.has(host)) {
        throw refusal(
          `Cloister may not connect to ${host}: it is not in the list of allowed destinations. If it should be, add exactly "${host}" to the list, with the reason.`,
        );
      }
      if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
        throw refusal(`Cloister may not connect to ${host} without TLS: use https.`);
      }
    },
  };
}

/** Host and port of a URL; the port is always said, so that nothing depends on a default. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? '') : url.port}`;
}

function normalise(host: string): string {
  const withScheme = URL.canParse(`https://${host}/`) ? new URL(`https://${host}/`) : undefined;
  const isBareHost = /^(\[[0-9a-fA-F:.]+\]|[^\s:/?#@[\]*]+)(:\d{1,5})?$/.test(host);
  if (withScheme === undefined || !isBareHost) {
    throw new AppError(
      'invalid-argument',
      `"${host}" is not a host with an optional port, as in "models.example:8443".`,
    );
  }
  return hostAndPort(withScheme);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function refusal(message: string): AppError {
  return new AppError('permission-denied', message, { details: { reason: 'egress-denied' } });
}
