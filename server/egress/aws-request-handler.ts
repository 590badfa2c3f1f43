import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Logger } from '../core/index.ts';
import { createDestinationCheck, hostAndPort } from './allowed-destinations.ts';
import type { Egress } from './egress.ts';

/** What a client of `@aws-sdk/*` takes as its `requestHandler`. */
export type AwsRequestHandler = Pick<
  NodeHttpHandler,
  'metadata' | 'handle' | 'destroy' | 'httpHandlerConfigs' | 'updateHttpClientConfig'
>;

/** For every client of `@aws-sdk/*`: said here, so that files and variables of the machine do not change how it asks and where it goes. */
export const AWS_CLIENT_SETTINGS = {
  retryMode: 'standard',
  defaultsMode: 'standard',
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
} as const;

export type AwsRequestHandlerOptions = {
  /** Its list of allowed destinations is the one that counts. */
  readonly egress: Pick<Egress, 'destinations'>;
  readonly logger: Logger;
  /** Milliseconds. Defaults: 10 000 to connect, 60 000 without a byte in either direction. */
  readonly timeouts?: { readonly connectMs?: number; readonly idleMs?: number };
};

/**
 * The way out for AWS's clients, which bring their own HTTP: every request is checked against the list of allowed destinations, also
 * those that a client makes of itself. It ignores proxies of the environment and logs host and status only. Bodies are streamed both ways.
 * A refused destination is an AppError `permission-denied`; other failures stay as they are, so that the client knows which to retry.
 * Whoever makes it calls `destroy`, or lets the client do so.
 */
export async function createAwsRequestHandler(options: AwsRequestHandlerOptions): Promise<AwsRequestHandler> {
  const { logger, timeouts = {} } = options;
  const check = createDestinationCheck(options.egress.destinations);
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  const inner = new NodeHttpHandler({
    connectionTimeout: timeouts.connectMs ?? 10_000,
    socketTimeout: timeouts.idleMs ?? 60_000,
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 50 }),
    httpsAgent: new AgentWithAuthorities((host) => check.authoritiesOf(host)),
  });
  return {
    metadata: inner.metadata,
    destroy: () => inner.destroy(),
    httpHandlerConfigs: () => inner.httpHandlerConfigs(),
    updateHttpClientConfig: (key, value) => inner.updateHttpClientConfig(key, value),
    async handle(request, handlerOptions) {
      const url = new URL(`${request.protocol}//${request.hostname}`);
      if (request.port !== undefined) url.port = String(request.port);
      try {
        check.check(url);
      } catch (error) {
        logger.warn('outbound request refused', { host: hostAndPort(url) });
        throw error;
      }
      const answer = await inner.handle(request, handlerOptions);
      logger.info('outbound request', { host: hostAndPort(url), status: answer.response.statusCode });
      return answer;
    },
  };
}

/** Trusts, for a host with authorities of its own, only those. */
class AgentWithAuthorities extends HttpsAgent {
  readonly #authoritiesOf: (host: string) => string[] | undefined;

  constructor(authoritiesOf: (host: string) => string[] | undefined) {
    super({ keepAlive: true, maxSockets: 50 });
    this.#authoritiesOf = authoritiesOf;
  }

  override createConnection(...[options, callback]: Parameters<HttpsAgent['createConnection']>) {
    const { host, port } = options as AgentOptions & { host?: string; port?: number };
    const bracketed = host?.includes(':') === true ? `[${host}]` : host;
    const ca = this.#authoritiesOf(`${bracketed}:${port ?? 443}`);
    return super.createConnection(ca === undefined ? options : { ...options, ca }, callback);
  }
}
