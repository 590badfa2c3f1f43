import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestCertificate } from '../../server/egress/testing.ts';

/** What a fault does with a request, or with the answer to it. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Sends the request on. @param body where the fault has read it already, as it came */
  forward(body?: string): Promise<IncomingMessage>;
  /** Sends the request on and its answer back. @param body as of `forward` */
  pass(body?: string): Promise<void>;
  /** Answers as S3 does. */
  refuse(status: number, code: string): Promise<void>;
  /** Cuts the connection. */
  cut(): void;
};

export type FaultyProxy = {
  /** `http://127.0.0.1:<port>`, or https. */
  readonly endpoint: string;
  /** The requests so far, for example `PUT /bucket/object?partNumber=1`. */
  readonly seen: readonly string[];
  /** Does what it says to every request from now on; without it, requests pass. */
  setFault(fault?: (exchange: Exchange) => Promise<void> | void): void;
  stop(): Promise<void>;
};

/**
 * An HTTP proxy in front of a server on the loopback. It leaves headers as they are, so that what was signed stays signed.
 * @param tls of the server, where it speaks TLS; the proxy then shows the same certificate
 */
export async function startFaultyProxy(target: string, tls?: TestCertificate): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const seen: string[] = [];
  let act: (exchange: Exchange) => Promise<void> | void = ({ pass }) => pass();

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url = '/', headers } = request;
    seen.push(`${method} ${url}`);
    const forward = async (body?: string) => {
      const address = { host: hostname, port, method, path: url, headers };
      const sent = tls === undefined ? httpRequest(address) : tlsRequest({ ...address, ca: tls.certificate });
      request.on('error', () => sent.destroy());
      request.on('close', () => {
        if (!request.complete) sent.destroy();
      });
      if (body === undefined) request.pipe(sent);
      else sent.end(body);
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      return answer;
    };
    const exchange: Exchange = {
      request,
      response,
      forward,
      async pass(body) {
        const answer = await forward(body);
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
      async refuse(status, code) {
        if (!request.readableEnded) await text(request);
        response.writeHead(status, { 'content-type': 'application/xml' });
        response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>by the test</Message></Error>`);
      },
      cut: () => response.destroy(),
    };
    Promise.resolve(act(exchange)).catch(() => response.destroy());
  };
  const server =
    tls === undefined ? createServer(listener) : createTlsServer({ cert: tls.certificate, key: tls.key }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    setFault(fault = ({ pass }) => pass()) {
      act = fault;
      seen.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
