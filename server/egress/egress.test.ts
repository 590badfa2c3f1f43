import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { LogFields } from '../core/index.ts';
import { silentLogger } from '../core/index.ts';
import { createEgress, type Egress, type EgressOptions } from './egress.ts';
import { newTestCertificate } from './testing.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  address = '127.0.0.1',
): Promise<{ port: number; requests: IncomingMessage[]; server: Server }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests, server };
}

function egressTo(hosts: string[], options: Partial<EgressOptions> = {}): Egress {
  const egress = createEgress({
    allow: hosts.map((host) => ({ host, why: 'test' })),
    logger: silentLogger,
    ...options,
  });
  closers.push(() => egress.close());
  return egress;
}

describe('egress', () => {
  it('reaches a host and port of the list', async () => {
    const { port } = await serve((_request, response) => response.end('hello'));
    const response = await egressTo([`127.0.0.1:${port}`]).fetch(`http://127.0.0.1:${port}/a?b=c`);
    expect(await response.text()).toBe('hello');
  });

  it('refuses everything when the list is empty, and connects nowhere', async () => {
    const { port, requests } = await serve((_request, response) => response.end());
    await expect(egressTo([]).fetch(`http://127.0.0.1:${port}/secret-path`)).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringMatching(new RegExp(`^(?!.*secret-path).*127\\.0\\.0\\.1:${port}.*list`)),
    });
    expect(requests).toEqual([]);
  });

  it('takes no name for another: other ports, spellings, suffixes and trailing dots are refused', async () => {
    const { port, requests } = await serve((_request, response) => response.end());
    const egress = egressTo([`127.0.0.1:${port}`, 'huggingface.co']);
    for (const url of [
      `http://localhost:${port}/`,
      `http://[::1]:${port}/`,
      'http://127.0.0.1/',
      'https://huggingface.co:8443/',
      'https://huggingface.co./',
      'https://huggingface.co.evil.example/',
      'https://evil-huggingface.co/',
      'https://cdn.huggingface.co/',
      'http://huggingface.co/',
      'ftp://huggingface.co/',
    ]) {
      await expect(egress.fetch(url), url).rejects.toMatchObject({ code: 'permission-denied' });
    }
    expect(requests).toEqual([]);
  });

  it('refuses plain http to another machine even on a listed port', async () => {
    await expect(egressTo(['models.example:8080']).fetch('http://models.example:8080/')).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('https'),
    });
  });

  it('refuses a user name or password in the address and does not repeat it', async () => {
    const { port } = await serve((_request, response) => response.end());
    const error: Error = await egressTo([`127.0.0.1:${port}`])
      .fetch(`http://ann:hunter2@127.0.0.1:${port}/`)
      .then(
        () => Promise.reject(new Error('was let through')),
        (caught: Error) => caught,
      );
    expect(error).toMatchObject({ code: 'permission-denied' });
    expect(error.message).not.toContain('hunter2');
  });

  it('understands IPv6 addresses in brackets', async () => {
    const { port } = await serve((_request, response) => response.end('six'), '::1');
    const response = await egressTo([`[::1]:${port}`]).fetch(`http://[::1]:${port}/`);
    expect(await response.text()).toBe('six');
  });

  it('refuses entries of the list that are no host', () => {
    for (const host of ['*.hf.co', 'https://hf.co', 'hf.co/path', 'ann@hf.co', '', '::1']) {
      expect(() => egressTo([host]), host).toThrow(/not a host/);
    }
  });

  it('follows a redirect to another allowed host, without the credentials', async () => {
    const target = await serve((_request, response) => response.end('there'));
    const first = await serve((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${target.port}/x` }).end(),
    );
    const egress = egressTo([`127.0.0.1:${first.port}`, `127.0.0.1:${target.port}`]);
    const response = await egress.fetch(`http://127.0.0.1:${first.port}/`, {
      headers: { authorization: 'Bearer abc', range: 'bytes=5-' },
    });
    expect(await response.text()).toBe('there');
    expect(first.requests[0]?.headers.authorization).toBe('Bearer abc');
    expect(target.requests[0]?.headers.authorization).toBeUndefined();
    expect(target.requests[0]?.headers.range).toBe('bytes=5-');
  });

  it('refuses a redirect to a host that is not allowed and does not go there', async () => {
    const target = await serve((_request, response) => response.end('there'));
    const first = await serve((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${target.port}/` }).end(),
    );
    const egress = egressTo([`127.0.0.1:${first.port}`]);
    await expect(egress.fetch(`http://127.0.0.1:${first.port}/`)).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining(`127.0.0.1:${target.port}`),
    });
    expect(target.requests).toEqual([]);
  });

  it('follows five redirects and no sixth', async () => {
    const { port } = await serve((request, response) => {
      const left = Number((request.url ?? '').slice(1));
      if (left === 0) response.end('end');
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    });
    const egress = egressTo([`127.0.0.1:${port}`]);
    expect(await (await egress.fetch(`http://127.0.0.1:${port}/5`)).text()).toBe('end');
    await expect(egress.fetch(`http://127.0.0.1:${port}/6`)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('hands a redirect over when asked to', async () => {
    const { port } = await serve((_request, response) =>
      response.writeHead(302, { location: 'https://elsewhere.example/', 'x-linked-size': '7' }).end(),
    );
    const response = await egressTo([`127.0.0.1:${port}`]).fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' });
    expect([response.status, response.headers.get('x-linked-size')]).toEqual([302, '7']);
  });

  it('does not follow a redirect of a request that sends data', async () => {
    const { port, requests } = await serve((_request, response) => response.writeHead(307, { location: '/b' }).end());
    const egress = egressTo([`127.0.0.1:${port}`]);
    await expect(egress.fetch(`http://127.0.0.1:${port}/a`, { method: 'POST', body: 'x' })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(requests).toHaveLength(1);
  });

  it('says in words that a host refuses connections or does not answer', async () => {
    const { port, server } = await serve(() => {});
    const slow = egressTo([`127.0.0.1:${port}`], { timeouts: { headersMs: 200 } });
    await expect(slow.fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('in time'),
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(egressTo([`127.0.0.1:${port}`]).fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('refuses connections'),
    });
  });

  it('ends with "cancelled" when the signal aborts', async () => {
    const { port } = await serve(() => {});
    const signal = AbortSignal.timeout(50);
    await expect(egressTo([`127.0.0.1:${port}`]).fetch(`http://127.0.0.1:${port}/`, { signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('opens a connection for another protocol to a listed host and port, and to no other', async () => {
    const { port, requests } = await serve((_request, response) => response.end('six'), '::1');
    const egress = egressTo([`[::1]:${port}`]);
    const connection = await egress.connect('[::1]', port);
    connection.end('GET / HTTP/1.0\r\n\r\n');
    let answer = '';
    for await (const part of connection) answer += String(part);
    expect(answer).toContain('six');
    await expect(egress.connect('localhost', port)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(egress.connect('[::1]', port === 1 ? 2 : 1)).rejects.toMatchObject({ code: 'permission-denied' });
    expect(requests).toHaveLength(1);
    await expect(egressTo(['127.0.0.1:9']).connect('127.0.0.1', 9)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('refuses connections'),
    });
  });

  it('trusts an authority for the host that it was given for, and for no other', async () => {
    const [own, other] = [newTestCertificate(), newTestCertificate()];
    const server = createTlsServer({ cert: own.certificate, key: own.key }, (_request, response) =>
      response.end('tls'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const egressWith = (ca?: string, host = `127.0.0.1:${port}`) =>
      egressTo([], {
        allow: [
          { host: `localhost:${port}`, why: 'test' },
          { host, why: 'test', ...(ca && { ca }) },
        ],
      });
    const url = `https://127.0.0.1:${port}/`;
    expect(await (await egressWith(own.certificate).fetch(url)).text()).toBe('tls');
    for (const egress of [egressWith(), egressWith(other.certificate)]) {
      await expect(egress.fetch(url)).rejects.toThrow(/certificate is not trusted/);
    }
    await expect(egressWith(own.certificate).fetch(`https://localhost:${port}/`)).rejects.toThrow(/not trusted/);
  });

  it('logs host and status, and no path or query', async () => {
    const { port } = await serve((_request, response) => response.writeHead(404).end());
    const lines: { message: string; fields: LogFields | undefined }[] = [];
    const log = (message: string, fields?: LogFields) => lines.push({ message, fields });
    const egress = egressTo([`127.0.0.1:${port}`], { logger: { info: log, warn: log, error: log } });
    await egress.fetch(`http://127.0.0.1:${port}/private/path?token=abc`);
    expect(lines).toEqual([{ message: 'outbound request', fields: { host: `127.0.0.1:${port}`, status: 404 } }]);
  });
});
