import { describe, expect, it } from 'vitest';
import { type Place, RequestQueue } from './request-queue.ts';

const never = new AbortController().signal;
const limits = { concurrency: 1, waitingPerUser: 3, waiting: 5 };

function queueOf(more: Partial<typeof limits> = {}) {
  const queue = new RequestQueue({ ...limits, ...more });
  return { queue, enter: (user: string, signal = never): Place => queue.enter(user, signal, 7) };
}

describe('the queue before a model', () => {
  it('runs as many as it has places, and gives a free place to who waits', async () => {
    const { queue, enter } = queueOf({ concurrency: 2 });
    const [one, two, three] = [enter('ada'), enter('ada'), enter('ada')];
    expect([one, two, three].map((place) => place.position())).toEqual([0, 0, 1]);
    expect([queue.running, queue.waiting]).toEqual([2, 1]);
    const moved = three.moved(1);
    one.leave();
    one.leave();
    await moved;
    expect(three.position()).toBe(0);
    expect([queue.running, queue.waiting]).toEqual([2, 0]);
    two.leave();
    three.leave();
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  it('takes turns among users: one request is not behind all of somebody else’s', () => {
    const { enter } = queueOf();
    const running = enter('ada');
    const waiting = [enter('ada'), enter('ada'), enter('ada'), enter('eve'), enter('bob')];
    expect(waiting.map((place) => place.position())).toEqual([1, 4, 5, 2, 3]);
    const order: number[] = [];
    let current: Place = running;
    for (let turn = 0; turn < waiting.length; turn += 1) {
      current.leave();
      const next = waiting.findIndex((place, index) => place.position() === 0 && !order.includes(index));
      order.push(next);
      current = waiting[next] ?? running;
    }
    expect(order).toEqual([0, 3, 4, 1, 2]);
  });

  it('lets nobody pass who comes when a place is free but others wait for it', () => {
    const { enter } = queueOf();
    const running = enter('ada');
    const waiting = enter('ada');
    running.leave();
    expect(waiting.position()).toBe(0);
    expect(enter('eve').position()).toBe(1);
  });

  it('refuses when a user or the whole queue has too many waiting, with the time to wait', () => {
    const { enter } = queueOf();
    for (let count = 0; count < 4; count += 1) enter('ada');
    const refusal = { code: 'resource-exhausted', details: { retryAfterSeconds: 7, reason: 'queue-full' } };
    expect(() => enter('ada')).toThrowError(expect.objectContaining(refusal));
    enter('eve');
    enter('eve');
    expect(() => enter('bob')).toThrowError(expect.objectContaining(refusal));
  });

  it('forgets who gives up, and tells those behind', async () => {
    const { queue, enter } = queueOf();
    enter('ada');
    const controller = new AbortController();
    const leaving = enter('ada', controller.signal);
    const last = enter('ada');
    expect(last.position()).toBe(2);
    const gone = leaving.moved(1);
    controller.abort();
    await expect(gone).rejects.toMatchObject({ code: 'cancelled' });
    const moved = last.moved(2);
    leaving.leave();
    await moved;
    expect(last.position()).toBe(1);
    expect(queue.waiting).toBe(1);
  });

  it('tells at once of a change that nobody was waiting to hear', async () => {
    const { enter } = queueOf();
    enter('ada');
    const leaving = enter('ada');
    const last = enter('ada');
    leaving.leave();
    await last.moved(2);
    expect(last.position()).toBe(1);
  });
});
