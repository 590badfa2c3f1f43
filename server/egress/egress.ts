import { Agent, type RequestInit, type Response, fetch as undiciFetch } from 'undici';
import { AppError, isAppError, type Logger } from '../core/index.ts';
import { type AllowedDestination, createDestinationCheck, hostAndPort } from './allowed-destinations.ts';
import { type EgressConnection, openConnection } from './connection.ts';

/** What came back. `body` breaks with an error when the connection is cut or nothing arrives for the idle time. */
export type EgressResponse = Response;

export type EgressRequest = {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** `follow` (default): at most 5 hops, each one checked. `manual`: a redirect is the answer. */
  readonly redirect?: 'follow' | 'manual';
};

/** The only way out of the server: what is not in the list of allowed destinations is refused. */
export type Egress = {
  /**
   * Sends a request to an allowed destination. An answer of any status is returned, not thrown.
   * @throws AppError `permission-denied` for a destination that is not allowed, at any hop; `unavailable` when it cannot be
   *   reached; `cancelled` when the signal aborts.
   */
  fetch(url: string | URL, request?: EgressRequest): Promise<EgressResponse>;
  /**
   * Opens a connection to an allowed host and port, for a protocol that is not HTTP and secures it by itself.
   * @param host as in a URL: an IPv6 address is in brackets
   * @throws AppError `permission-denied` for a destination that is not allowed; `unavailable` when it cannot be reached.
   */
  connect(host: string, port: number): Promise<EgressConnection>;
  /** Where the server may go and why, for people. */
  readonly destinations: readonly AllowedDestination[];
  close(): Promise<void>;
};

export type EgressOptions = {
  readonly allow: readonly AllowedDestination[];
  readonly logger: Logger;
  /** Milliseconds. Defaults: 10 000 to connect, 30 000 to the answer's head, 60 000 without a byte of its body. */
  readonly timeouts?: { readonly connectMs?: number; readonly headersMs?: number; readonly bodyIdleMs?: number };
};

const MAX_REDIRECTS = 5;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** The client for everything outbound. It ignores proxies of the environment, keeps no cookies and logs host and status only. */
export function createEgress({ allow, logger, timeouts = {} }: EgressOptions): Egress {
  const destinations = createDestinationCheck(allow);
  const agents = new Map<string, Agent>();
  const agent = newAgent();

  function newAgent(ca?: string[]): Agent {
    return new Agent({
      connect: { timeout: timeouts.connectMs ?? 10_000, ...(ca === undefined ? {} : { ca }) },
      headersTimeout: timeouts.headersMs ?? 30_000,
      bodyTimeout: timeouts.bodyIdleMs ?? 60_000,
    });
  }

  /** A host with authorities of its own has an agent of its own, so that they are trusted for nobody else. */
  function agentFor(host: string): Agent {
    const ca = destinations.authoritiesOf(host);
    if (ca === undefined) return agent;
    const own = agents.get(host) ?? newAgent(ca);
    agents.set(host, own);
    return own;
  }

  async function sendOnce(url: URL, request: EgressRequest, headers: Record<string, string>): Promise<Response> {
    destinations.check(url);
    const init: RequestInit = {
      method: request.method ?? 'GET',
      headers,
      redirect: 'manual',
      dispatcher: agentFor(hostAndPort(url)),
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    };
    const response = await undiciFetch(url, init).catch((error: unknown) => {
      throw sendFailure(url, error, request.signal);
    });
    logger.info('outbound request', { host: hostAndPort(url), status: response.status });
    return response;
  }

  return {
    destinations: destinations.destinations,
    async connect(host, port) {
      const url = parse(`https://${host}:${port}/`);
      const name = hostAndPort(url);
      try {
        destinations.check(url);
      } catch (error) {
        logger.warn('outbound connection refused', { host: name });
        throw error;
      }
      const bareHost = url.hostname.replace(/^\[|\]$/g, '');
      const connection = await openConnection(bareHost, port, timeouts.connectMs ?? 10_000).catch((error: unknown) => {
        throw sendFailure(url, error, undefined);
      });
      logger.info('outbound connection', { host: name });
      return connection;
    },
    async fetch(input, request = {}) {
      let url = parse(input);
      let headers: Record<string, string> = { ...request.headers };
      try {
        for (let redirects = 0; ; redirects += 1) {
          const response = await sendOnce(url, request, headers);
          const location = response.headers.get('location');
          if (request.redirect === 'manual' || !REDIRECT_STATUSES.includes(response.status) || location === null) {
            return response;
          }
          await response.body?.cancel();
          const next = redirectTarget(url, location, request, redirects);
          if (next.origin !== url.origin) headers = withoutCredentials(headers);
          url = next;
        }
      } catch (error) {
        if (isAppError(error, 'permission-denied')) logger.warn('outbound request refused', { host: hostAndPort(url) });
        throw error;
      }
    },
    async close() {
      await Promise.all([agent, ...agents.values()].map((one) => one.close()));
    },
  };
}

function parse(input: string | URL): URL {
  if (input instanceof URL) return input;
  if (!URL.canParse(input)) throw new AppError('invalid-argument', 'The address of an outbound request is not a URL.');
  return new URL(input);
}

function redirectTarget(from: URL, location: string, request: EgressRequest, redirects: number): URL {
  const host = hostAndPort(from);
  if ((request.method ?? 'GET') !== 'GET' && request.method !== 'HEAD') {
    throw new AppError('unavailable', `${host} redirects a request that sends data; Cloister does not follow that.`);
  }
  if (redirects >= MAX_REDIRECTS) {
    throw new AppError('unavailable', `${host} redirects more than ${MAX_REDIRECTS} times; Cloister stops there.`);
  }
  if (!URL.canParse(location, from.href)) {
    throw new AppError('unavailable', `${host} redirects to something that is not an address.`);
  }
  const target = new URL(location, from);
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw new AppError(
      'permission-denied',
      `${host} redirects from https to plain http; Cloister does not follow that.`,
    );
  }
  return target;
}

/** What proves who we are to one host is not shown to another. */
function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !['authorization', 'cookie', 'proxy-authorization'].includes(name.toLowerCase()),
    ),
  );
}

function sendFailure(url: URL, error: unknown, signal: AbortSignal | undefined): AppError {
  if (signal?.aborted === true) return new AppError('cancelled', 'The request was cancelled.', { cause: error });
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: unknown } | null)?.code;
  const reason = (typeof code === 'string' && REASONS[code]) || 'the connection failed';
  return new AppError('unavailable', `${hostAndPort(url)} cannot be reached: ${reason}.`, { cause: error });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is unknown here (no DNS answer)',
  EAI_AGAIN: 'its name could not be looked up (no DNS)',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  ENETUNREACH: 'there is no way to its network',
  EHOSTUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it did not answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'it did not answer in time',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};
