import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../core/index.ts';
import type { ControlConnections } from './credentials.ts';

export type NetworkAddress = {
  readonly host: string;
  readonly port: number;
  /** PEM files. */
  readonly tls?: { readonly certificatePath: string; readonly keyPath: string };
};

const CLOSE_TIMEOUT_MS = 10_000;
const CLOSE_IDLE_MS = 50;

/** The server of the network: TLS when a certificate is given. */
export function createNetworkServer(
  address: NetworkAddress,
  handler: (request: never, response: never) => void,
): HttpServer {
  const limits = { headersTimeout: 30_000, requestTimeout: 0, keepAliveTimeout: 72_000, maxHeaderSize: 16_384 };
  if (address.tls === undefined) return createServer(limits, handler as never);
  const { certificatePath, keyPath } = address.tls;
  const options = {
    ...limits,
    cert: readPem('CLOISTER_TLS_CERT', certificatePath),
    key: readPem('CLOISTER_TLS_KEY', keyPath),
    minVersion: 'TLSv1.2' as const,
  };
  try {
    return createTlsServer(options, handler as never);
  } catch (error) {
    throw new AppError(
      'invalid-argument',
      'CLOISTER_TLS_CERT and CLOISTER_TLS_KEY do not fit together, or are not PEM files.',
      { cause: error },
    );
  }
}

/** Listens on the network and gives the address as people type it. */
export async function listenOnNetwork(app: FastifyInstance, { host, port, tls }: NetworkAddress): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw explainListenError(error, host, port);
  }
  const { port: actualPort } = app.server.address() as AddressInfo;
  const shownHost = host.includes(':') ? `[${host}]` : host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `${tls === undefined ? 'http' : 'https'}://${shownHost}:${actualPort}`;
}

/**
 * Listens on the control socket. Whoever may open the socket (the mode of its folder and file decides) is the administrator.
 * @param runDirectory is made with mode 0700
 */
export async function listenOnControlSocket(
  app: FastifyInstance,
  runDirectory: string,
  connections: ControlConnections,
): Promise<() => Promise<void>> {
  mkdirSync(runDirectory, { recursive: true, mode: 0o700 });
  const path = join(runDirectory, 'control.sock');
  // The data directory's lock says that no other server lives: a socket that is there was left behind.
  rmSync(path, { force: true });
  const server = createServer({ requestTimeout: 0 }, (request, response) => app.routing(request, response));
  server.on('connection', (socket) => connections.add(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  chmodSync(path, 0o600);
  return async () => {
    await closeServer(server);
    rmSync(path, { force: true });
  };
}

/** Lets running answers end, for a while. */
export async function closeServer(server: HttpServer): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
  // Again and again: a connection that is kept alive becomes idle only when its answer has ended.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(timer);
  clearInterval(idle);
}

function explainListenError(error: unknown, host: string, port: number): AppError {
  const { code } = error as NodeJS.ErrnoException;
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `The port ${port} of ${host} is taken by another program. Stop that one, or set CLOISTER_PORT to another port.`,
    EACCES: `This user may not listen on port ${port} of ${host}. Set CLOISTER_PORT to a port above 1023.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set CLOISTER_HOST to one of its own.`,
    ENOTFOUND: `The name ${host} is not known. Set CLOISTER_HOST to an address of this machine.`,
  };
  return new AppError(
    'failed-precondition',
    why[code ?? ''] ?? `Listening on ${host}:${port} failed (${code ?? 'unknown reason'}).`,
    { cause: error },
  );
}

function readPem(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new AppError(
      'invalid-argument',
      `${variable}: "${path}" cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      { cause: error },
    );
  }
}
