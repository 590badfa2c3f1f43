import { describe, expect, it } from 'vitest';
import { expiryOf } from './api-keys.ts';

const now = new Date('2026-01-01T00:00:00Z');

describe('--expires', () => {
  it('takes days, hours and a time', () => {
    expect(expiryOf('90d', now)).toBe('2026-04-01T00:00:00.000Z');
    expect(expiryOf('12h', now)).toBe('2026-01-01T12:00:00.000Z');
    expect(expiryOf('2027-01-31T12:00:00Z', now)).toBe('2027-01-31T12:00:00.000Z');
  });

  it('refuses what is none of them', () => {
    for (const text of ['', 'soon', '90', '-1d', '9w', '999999d'])
      expect(() => expiryOf(text, now), text).toThrow('--expires');
  });
});
