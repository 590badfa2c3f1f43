import { expect, it } from 'vitest';
import { siteOriginOf } from './site-origin.ts';

const from = (host: string, origin?: string) => ({ headers: { host, ...(origin === undefined ? {} : { origin }) } });

it('is the name that was asked for, or the public address', () => {
  expect(siteOriginOf(from('localhost:8080'), { isTls: false })).toBe('http://localhost:8080');
  expect(siteOriginOf(from('studio.example'), { isTls: true })).toBe('https://studio.example');
  const site = { isTls: false, publicUrl: 'https://studio.example/' };
  expect(siteOriginOf(from('127.0.0.1:8080'), site)).toBe('https://studio.example');
  expect(siteOriginOf(from('127.0.0.1:8080', 'https://studio.example'), site)).toBe('https://studio.example');
  expect(siteOriginOf(from('localhost:8080', 'http://localhost:8080'), site)).toBe('http://localhost:8080');
});

it('is never what only the browser says', () => {
  expect(siteOriginOf(from('localhost:8080', 'https://evil.example'), { isTls: false })).toBe('http://localhost:8080');
});
