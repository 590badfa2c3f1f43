/** One HTTP exchange, on node:http: over a unix socket or the network, with any bytes as body. */
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type Peer =
  | { readonly socketPath: string }
  | { readonly url: string /** False: any certificate will do. */; readonly checkCertificate?: boolean };

export type Exchange = {
  readonly method: string;
  /** Path and query, sent as it is. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  /** Called with what has arrived so far; answering `stop` closes the connection. */
  readonly onText?: (textSoFar: string) => 'stop' | undefined;
  /** Where the body of an answer goes that is no refusal, however long it is; `text` is empty then. It is not ended. */
  readonly sink?: Writable;
  readonly timeoutMs?: number;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** False: the connection ended before the answer did, by us or by the server. */
  readonly complete: boolean;
};

/** @throws the error of the socket when no answer begins at all. */
export function exchange(peer: Peer, { timeoutMs = 120_000, ...what }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const body = what.body;
    const known = typeof body === 'string' || body instanceof Uint8Array;
    const options: RequestOptions = {
      method: what.method,
      path: what.path,
      agent: false,
      headers: { ...(known ? { 'content-length': Buffer.byteLength(body) } : {}), ...what.headers },
    };
    const request = open(peer, options);
    request.setTimeout(timeoutMs, () => request.destroy(new Error('the server did not answer in time')));
    request.once('error', reject);
    request.once('response', (response) => {
      if (what.sink !== undefined && response.statusCode === 200) {
        const { statusCode: status, headers } = response;
        const finish = () => resolve({ status, headers, text: '', complete: response.complete });
        // Whoever reads the sink may have enough of it (`| head`).
        const fail = (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? finish() : reject(error));
        pipeline(response, what.sink, { end: false }).then(finish, fail);
        return;
      }
      let text = '';
      const finish = () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          complete: response.complete,
        });
      // Decodes what has come: a letter that was cut between two parts waits for its rest.
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (what.onText?.(text) === 'stop') request.destroy();
      });
      response.once('close', finish);
      response.once('error', () => {});
      request.removeListener('error', reject);
      request.on('error', () => {});
    });
    if (body === undefined || known) request.end(body);
    else {
      body.once('error', (error) => request.destroy(error));
      body.pipe(request);
    }
  });
}

function open(peer: Peer, options: RequestOptions) {
  if ('socketPath' in peer) return requestHttp({ ...options, socketPath: peer.socketPath, host: 'localhost' });
  const { protocol, hostname, port } = new URL(peer.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'https:') return requestHttp({ ...options, host, port });
  return requestHttps({ ...options, host, port, rejectUnauthorized: peer.checkCertificate ?? true });
}
