import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import Fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { limitOpenBodies } from './open-body-deadline.ts';

const app = Fastify();
limitOpenBodies(app, { deadlineMs: 200 });
app.post('/open', { config: { isOpen: true } }, async ({ body }) => body);
app.post('/closed', async ({ body }) => body);

afterEach(() => app.close());

/** Sends the head of a request and the beginning of its body. @returns how long the connection stayed open, milliseconds; undefined: longer than half a second */
async function trickle(port: number, path: string): Promise<number | undefined> {
  const startMs = performance.now();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`);
  const closed = once(socket, 'close').then(() => performance.now() - startMs);
  const result = await Promise.race([closed, wait(600, undefined)]);
  socket.destroy();
  return result;
}

describe('the body of an open route', () => {
  it('must be there in time; that of another route may take longer, and a whole one is answered', async () => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as { port: number };
    const [open, closed] = await Promise.all([trickle(port, '/open'), trickle(port, '/closed')]);
    expect(open).toBeGreaterThan(150);
    expect(closed).toBeUndefined();
    const whole = await fetch(`http://127.0.0.1:${port}/open`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    });
    expect(await whole.json()).toEqual({ a: 1 });
  });
});
