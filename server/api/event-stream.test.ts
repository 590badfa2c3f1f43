import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { abortOnDisconnect, EventStream } from './event-stream.ts';

/** More than the sockets' buffers take. */
const EVENTS = 200;
const PIECE = 'x'.repeat(100_000);

type Outcome = { readonly events: number; readonly isGone: boolean };

let app: FastifyInstance;
let socket: Socket;
afterEach(async () => {
  socket?.destroy();
  await app?.close();
});

/** A server with one long answer. @returns how many events it wrote, and whether the reader was gone then */
async function start(patienceMs: number): Promise<() => Promise<Outcome>> {
  const ended = Promise.withResolvers<Outcome>();
  app = Fastify();
  app.get('/', async (_request, reply) => {
    const signal = abortOnDisconnect(reply);
    const stream = new EventStream(reply, { patienceMs });
    let events = 0;
    for (; events < EVENTS && !signal.aborted; events += 1) await stream.send(PIECE);
    stream.end();
    ended.resolve({ events, isGone: signal.aborted });
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  return () => ended.promise;
}

it('an answer that nobody reads ends, so that its place is free', async () => {
  const ended = await start(200);
  const outcome = await Promise.race([ended(), wait(10_000, 'still waiting', { ref: false })]);
  expect(outcome).toMatchObject({ isGone: true });
});

it('an answer that is read slowly comes whole', async () => {
  const ended = await start(1000);
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), 2);
  });
  expect(await ended()).toEqual({ events: EVENTS, isGone: false });
});
