import { describe, expect, it } from 'vitest';
import { requireKnownHost } from './host-check.ts';

const isKnown = (host: string | undefined, listensTo = '127.0.0.1', publicUrl?: string): boolean => {
  try {
    requireKnownHost(host, listensTo, publicUrl);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'permission-denied', details: { reason: 'unknown-host' } });
    return false;
  }
};

describe('a request', () => {
  it('may name the loopback address in every way, with any port', () => {
    for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1:1', '[::1]', '[::1]:8080'])
      expect([host, isKnown(host)]).toEqual([host, true]);
  });

  it('may name the address that the server listens on, and the one that people use', () => {
    expect(isKnown('10.0.0.7:8080', '10.0.0.7')).toBe(true);
    expect(isKnown('[fd00::7]:8080', 'fd00::7')).toBe(true);
    expect(isKnown('studio.example.org', '10.0.0.7', 'https://studio.example.org')).toBe(true);
    expect(isKnown('studio.example.org:443', '10.0.0.7', 'https://studio.example.org')).toBe(true);
  });

  it('may not come under a name that somebody else let resolve to this machine', () => {
    const names = ['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', ''];
    for (const host of [...names, 'studio.example.org', undefined])
      expect([host, isKnown(host)]).toEqual([host, false]);
    expect(isKnown('evil.example', '10.0.0.7', 'https://studio.example.org')).toBe(false);
  });
});
