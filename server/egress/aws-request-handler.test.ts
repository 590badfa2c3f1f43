import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from 'vitest';
import type { LogFields } from '../core/index.ts';
import { silentLogger } from '../core/index.ts';
import type { AllowedDestination } from './allowed-destinations.ts';
import { type AwsRequestHandlerOptions, createAwsRequestHandler } from './aws-request-handler.ts';
import { createEgress } from './egress.ts';
import { newTestCertificate, type TestCertificate } from './testing.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(answer: RequestListener, certificate?: TestCertificate) {
  const requests: string[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  };
  const server =
    certificate === undefined
      ? createServer(listener)
      : createTlsServer({ cert: certificate.certificate, key: certificate.key }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const scheme = certificate === undefined ? 'http' : 'https';
  return { host: `127.0.0.1:${port}`, endpoint: `${scheme}://127.0.0.1:${port}`, requests };
}

async function clientOf(
  endpoint: string,
  allow: readonly AllowedDestination[],
  options: Partial<AwsRequestHandlerOptions> = {},
): Promise<S3Client> {
  const egress = createEgress({ allow, logger: silentLogger });
  closers.push(() => egress.close());
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: await createAwsRequestHandler({ egress, logger: silentLogger, ...options }),
  });
  closers.push(() => client.destroy());
  return client;
}

const get = new GetObjectCommand({ Bucket: 'b', Key: 'private-name' });

describe('the way out for AWS’s clients', () => {
  it('streams bodies both ways', async () => {
    const sent = Array.from({ length: 64 }, () => randomBytes(64 * 1024));
    const sizeBytes = 64 * 64 * 1024;
    const stored = createHash('sha256');
    const { host, endpoint } = await serve(async (request, response) => {
      if (request.method === 'PUT') {
        for await (const part of request) stored.update(part as Buffer);
        response.end();
      } else {
        response.writeHead(200, { 'content-length': sizeBytes });
        Readable.from(sent).pipe(response);
      }
    });
    const client = await clientOf(endpoint, [{ host, why: 'test' }]);
    const expected = createHash('sha256').update(Buffer.concat(sent)).digest('hex');
    const Body = Readable.from(sent, { objectMode: false });
    await client.send(new PutObjectCommand({ Bucket: 'b', Key: 'o', Body, ContentLength: sizeBytes }));
    expect(stored.digest('hex')).toBe(expected);

    const received = createHash('sha256');
    const { Body: body } = await client.send(get);
    for await (const part of body as Readable) received.update(part as Buffer);
    expect(received.digest('hex')).toBe(expected);
  });

  it('refuses what is not listed, another port of a listed host too, and connects nowhere', async () => {
    const { endpoint, requests } = await serve((_request, response) => response.end());
    for (const allow of [[], [{ host: '127.0.0.1:1', why: 'test' }]]) {
      const client = await clientOf(endpoint, allow);
      await expect(client.send(get)).rejects.toMatchObject({
        code: 'permission-denied',
        message: expect.not.stringContaining('private-name'),
      });
    }
    expect(requests).toEqual([]);
  });

  it('refuses plain http to another machine', async () => {
    const client = await clientOf('http://s3.example:9000', [{ host: 's3.example:9000', why: 'test' }]);
    await expect(client.send(get)).rejects.toMatchObject({ code: 'permission-denied' });
  });

  it('trusts an authority for the host that it was given for, and for no other', async () => {
    const [own, other] = [newTestCertificate(), newTestCertificate()];
    const first = await serve((_request, response) => response.end('sealed'), own);
    const second = await serve((_request, response) => response.end('sealed'), own);
    const trusting = (ca: string) => [
      { host: first.host, why: 'test', ca },
      { host: second.host, why: 'test' },
    ];
    const client = await clientOf(first.endpoint, trusting(own.certificate));
    expect(await (await client.send(get)).Body?.transformToString()).toBe('sealed');
    await expect(
      (await clientOf(second.endpoint, trusting(own.certificate))).send(get),
      'without an authority of its own',
    ).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await expect(
      (await clientOf(first.endpoint, trusting(other.certificate))).send(get),
      'with another authority',
    ).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(second.requests).toEqual([]);
  });

  it('ends a request when nothing arrives for the idle time', async () => {
    const { host, endpoint } = await serve(() => {});
    const client = await clientOf(endpoint, [{ host, why: 'test' }], { timeouts: { idleMs: 200 } });
    await expect(client.send(get)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('logs host and status, and no path', async () => {
    const { host, endpoint } = await serve((_request, response) => response.writeHead(503).end());
    const lines: { message: string; fields: LogFields | undefined }[] = [];
    const log = (message: string, fields?: LogFields) => lines.push({ message, fields });
    const client = await clientOf(endpoint, [{ host, why: 'test' }], { logger: { info: log, warn: log, error: log } });
    await expect(client.send(get)).rejects.toThrow();
    expect(lines).toEqual([{ message: 'outbound request', fields: { host, status: 503 } }]);
  });
});
