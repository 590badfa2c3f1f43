import { describe, expect, it } from 'vitest';
import { AppError } from '../core/index.ts';
import { errorAnswer, type Surface } from './surface.ts';

const surfaces: readonly Surface[] = ['app', 'watsonx', 'openai', 'identity'];

describe('what there is no room for', () => {
  it('is refused with a status that no client takes for a short wait, on every surface', () => {
    for (const reason of ['storage-full', 'models-folder-full']) {
      const error = new AppError('resource-exhausted', 'no space', { details: { reason } });
      for (const surface of surfaces) {
        const { status, body } = errorAnswer(surface, error, 'trace');
        expect([surface, status]).toEqual([surface, 507]);
        expect(JSON.stringify(body)).not.toMatch(/rate_limit|Too much/);
      }
    }
  });

  it('in a queue is a short wait', () => {
    const error = new AppError('resource-exhausted', 'wait', {
      details: { reason: 'queue-full', retryAfterSeconds: 1 },
    });
    for (const surface of surfaces) expect(errorAnswer(surface, error, 'trace').status).toBe(429);
  });
});
