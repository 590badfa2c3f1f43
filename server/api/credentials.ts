import { isIP, type Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { type Actor, AppError, notFound, Secret } from '../core/index.ts';
import { API_KEY_PREFIX, type IdentityService, type RequestOrigin } from '../identity/index.ts';
import { browserName } from './browser-name.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route of a surface that asks for no credential. Its bodies are read from anybody, so it keeps them small. */
    isOpen?: boolean;
  }
}

/** What a route is told that somebody without a credential may call: the largest body is a form with a name and a password. */
export const openRoute = { config: { isOpen: true }, bodyLimit: 16 * 1024 } as const;

/** What a route is told that is for the operator, over the control socket: over the network there is no such path, whatever is sent. */
export function operatorRoute(credentials: Pick<Credentials, 'isControlSocket'>) {
  return {
    ...openRoute,
    async onRequest(request: FastifyRequest) {
      if (!credentials.isControlSocket(request)) throw notFound('page', request.routeOptions.url ?? '');
    },
  };
}

/**
 * The name of a cookie of ours. Under TLS browsers take `__Host-` from this very host alone, so that no other one of the same domain, and
 * nobody between it and a browser that speaks plain HTTP, plants one; without TLS (loopback only) they take no such cookie at all.
 */
export function cookieName(name: string, isTls: boolean): string {
  return isTls ? `__Host-${name}` : name;
}

export function sessionCookie(isTls: boolean): string {
  return cookieName('cloister_session', isTls);
}

/**
 * What the web pages say of a request that they send by themselves (`1`): renewing a lock, counting, trying a save again, looking whether the
 * session is still there. Such a request does not put the idle end of the login session off, so that a page left open ends as it should.
 */
export const BACKGROUND_HEADER = 'x-cloister-background';

/** Connections of the control socket. Only the listener of that socket adds to it, so no header can claim to be one. */
export type ControlConnections = WeakSet<object>;

/** Finds out who sends a request. */
export class Credentials {
  readonly #identity: IdentityService;
  readonly #control: ControlConnections;
  readonly #cookie: string;
  readonly #actors = new WeakMap<FastifyRequest, Promise<Actor>>();

  /** @param isTls whether browsers speak TLS: only the cookie that is set then is read */
  constructor(identity: IdentityService, control: ControlConnections, isTls: boolean) {
    this.#identity = identity;
    this.#cookie = sessionCookie(isTls);
    this.#control = control;
  }

  isControlSocket(request: FastifyRequest): boolean {
    return this.#control.has(request.raw.socket as Socket);
  }

  /** The login session's token, if the request has one. */
  sessionToken(request: FastifyRequest): Secret | undefined {
    const cookie = request.cookies[this.#cookie];
    return cookie ? new Secret(cookie) : undefined;
  }

  /**
   * The actor of a request: by bearer credential, by the control socket, or by the login session's cookie. It is found out once, before
   * the body is read, and told again to whoever asks.
   * @throws AppError `unauthenticated`; `permission-denied` for a request that another site made the browser send.
   */
  actorOf(request: FastifyRequest): Promise<Actor> {
    const known = this.#actors.get(request) ?? this.#findActor(request).then((actor) => withAddress(actor, request));
    this.#actors.set(request, known);
    return known;
  }

  async #findActor(request: FastifyRequest): Promise<Actor> {
    const presented = presentedBy(request);
    if (presented !== undefined) {
      const { credential, username } = presented;
      return username !== undefined || credential.expose().startsWith(API_KEY_PREFIX)
        ? this.#identity.actorOfApiKey(credential, username)
        : this.#identity.actorOfAccessToken(credential);
    }
    if (this.isControlSocket(request)) return this.#identity.administratorActor();
    const token = this.sessionToken(request);
    if (token === undefined) {
      throw new AppError('unauthenticated', 'Sign in, or send an API key as `Authorization: Bearer …`.', {
        details: { reason: 'credential-missing' },
      });
    }
    requireSameOrigin(request);
    return this.#identity.actorOfSession(token, request.headers[BACKGROUND_HEADER] !== '1');
  }
}

/**
 * Refuses what another site made the browser send (CSRF): besides the cookie being SameSite=Strict, an unsafe method must come from a
 * page of this very origin. `Sec-Fetch-Site` is set by the browser and can't be set by a page (Fetch Metadata, W3C); older ones send `Origin`.
 */
export function requireSameOrigin(request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const site = request.headers['sec-fetch-site'];
  const isSame =
    site === undefined ? originHost(request.headers.origin) === request.headers.host : site === 'same-origin';
  if (isSame) return;
  throw new AppError('permission-denied', 'This request came from another site. Open Cloister itself and try again.', {
    details: { reason: 'cross-site' },
  });
}

/** A Unix socket's peer has no address. */
function withAddress(actor: Actor, request: FastifyRequest): Actor {
  const address = addressOf(request);
  return address ? { ...actor, address } : actor;
}

/** The network address that a request comes from, as a trusted proxy tells it; the proxy's own where that is no address. */
export function addressOf({ ip, raw }: Pick<FastifyRequest, 'ip' | 'raw'>): string {
  return isIP(ip) === 0 ? (raw.socket.remoteAddress ?? '') : ip;
}

/** Where a request comes from, for the list of login sessions and the audit log. */
export function originOf(request: FastifyRequest): RequestOrigin {
  return { address: addressOf(request), browser: browserName(request.headers['user-agent']) };
}

function originHost(origin: string | undefined): string | undefined {
  try {
    return origin === undefined ? undefined : new URL(origin).host;
  } catch {
    return undefined;
  }
}

/** What a program presents, and whose it says that is. */
type Presented = { readonly credential: Secret; readonly username?: string };

/** `Bearer` with an API key or an access token, or Cloud Pak for Data's `ZenApiKey` with `username:api_key` in base64. */
function presentedBy(request: FastifyRequest): Presented | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  const [, scheme = '', credential = ''] = /^(\S+) +(\S+)$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { credential: new Secret(credential) };
  if (scheme.toLowerCase() === 'zenapikey') return presentedAsZenApiKey(credential);
  throw new AppError(
    'unauthenticated',
    scheme.toLowerCase() === 'basic'
      ? 'Authorization: Basic is not taken: no password is sent with each request. Send `Bearer` and an API key or an access token.'
      : 'Authorization: must be `Bearer` and an API key or an access token.',
    { details: { reason: 'credential-missing' } },
  );
}

function presentedAsZenApiKey(encoded: string): Presented {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  // An API key holds no colon, whatever the name before it holds.
  const end = text.lastIndexOf(':');
  if (end > 0) return { username: text.slice(0, end), credential: new Secret(text.slice(end + 1)) };
  throw new AppError('unauthenticated', 'Authorization: ZenApiKey needs the base64 of `username:api_key`.', {
    details: { reason: 'credential-missing' },
  });
}
