import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuseMalformedHttp } from './malformed-http.ts';

const CANARY = 'canary-of-a-malformed-request';

describe('bytes that are no request', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer({ maxHeaderSize: 16_384, headersTimeout: 200, connectionsCheckingInterval: 50 });
    server.on('clientError', refuseMalformedHttp);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterAll(() => server.close());

  async function answerTo(bytes: string): Promise<{ head: string; body: Record<string, unknown> }> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(bytes);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    return { head, body: JSON.parse(body) };
  }

  const cases = [
    {
      name: 'an address of 20 KB',
      bytes: `GET /?q=${CANARY.repeat(700)} HTTP/1.1\r\n\r\n`,
      status: 431,
      word: '16 KiB',
    },
    { name: 'no HTTP at all', bytes: `${CANARY}\r\n\r\n`, status: 400, word: 'HTTP/1.1' },
    { name: 'a head that does not end', bytes: `GET /${CANARY} HTTP/1.1\r\n`, status: 408, word: '30 seconds' },
  ];
  for (const { name, bytes, status, word } of cases) {
    it(`answers ${name} with ${status} as JSON that says what to do, and without a word of it`, async () => {
      const { head, body } = await answerTo(bytes);
      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(head).toContain('content-type: application/problem+json');
      expect(body).toMatchObject({ status, code: 'invalid-argument', detail: expect.stringContaining(word) });
      expect(JSON.stringify(body)).not.toContain(CANARY);
    });
  }

  it('ends a connection whose answer has begun, and writes nothing into it', async () => {
    server.once('request', (_request, response) => void response.writeHead(200).write('the beginning'));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const pieces: string[] = [];
    socket.setEncoding('utf8').on('data', (piece: string) => {
      if (pieces.push(piece) === 1) socket.write(`${CANARY}\r\n\r\n`);
    });
    await once(socket, 'close');
    expect(pieces.join('')).toContain('the beginning');
    expect(pieces.join('')).not.toContain('problem+json');
  });
});
