import { expect, it } from 'vitest';
import { manualClock } from '../../core/testing.ts';
import { RateLimit } from './rate-limit.ts';

it('lets each caller do something so many times a minute, and tells how long to wait', () => {
  const clock = manualClock();
  const limit = new RateLimit(clock, 3);
  clock.advance(10_000);
  for (let call = 0; call < 3; call += 1) limit.take('192.0.2.1');
  clock.advance(15_000);
  expect(() => limit.take('192.0.2.1')).toThrow(
    expect.objectContaining({
      code: 'resource-exhausted',
      details: { retryAfterSeconds: 45, reason: 'too-many-requests' },
    }),
  );
  limit.take('192.0.2.2');
  clock.advance(45_000);
  limit.take('192.0.2.1');
});
