import { once } from 'node:events';
import type { FastifyReply } from 'fastify';

/** Proxies and browsers drop a connection that is silent for long. A comment line keeps it (HTML standard, 9.2.7). */
const HEARTBEAT_MS = 10_000;
/** Whoever reads nothing for so long is gone: the answer has a place in the engine that others wait for. */
const PATIENCE_MS = 60_000;

/** One answer as server-sent events, written with regard for a slow reader. */
export class EventStream {
  readonly #reply: FastifyReply;
  readonly #patienceMs: number;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(reply: FastifyReply, { patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {}) {
    this.#reply = reply;
    this.#patienceMs = patienceMs;
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx would otherwise collect the answer, in memory and then on disk.
      'x-accel-buffering': 'no',
    });
    reply.raw.flushHeaders();
    this.#heartbeat = setInterval(() => {
      if (!reply.raw.writableNeedDrain) reply.raw.write(': waiting\n\n');
    }, HEARTBEAT_MS);
  }

  /** Writes one event. `id` and `event` are left out when they are not given. */
  async send(data: string, { id, event }: { readonly id?: number; readonly event?: string } = {}): Promise<void> {
    const { raw } = this.#reply;
    if (raw.destroyed) return;
    const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`;
    if (!raw.write(`${head}data: ${data}\n\n`)) await drained(raw, this.#patienceMs);
  }

  end(): void {
    clearInterval(this.#heartbeat);
    this.#reply.raw.end();
  }
}

/** Resolves when the reader has caught up, or is gone; one who does not read is cut off. */
async function drained(raw: FastifyReply['raw'], patienceMs: number): Promise<void> {
  const timer = setTimeout(() => raw.destroy(), patienceMs);
  const done = new AbortController();
  const { signal } = done;
  // The listener of what did not happen goes, too: a slow reader's answer waits here many times.
  await Promise.race([once(raw, 'drain', { signal }), once(raw, 'close', { signal })]).finally(() => {
    clearTimeout(timer);
    done.abort();
  });
}

/** Aborts when the client goes away before the answer is complete, so that the engine stops working for nobody. */
export function abortOnDisconnect(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  const abort = () => {
    if (!raw.writableFinished) controller.abort();
  };
  // It may have gone away while its credential was checked.
  if (raw.destroyed) abort();
  else raw.once('close', abort);
  return controller.signal;
}
