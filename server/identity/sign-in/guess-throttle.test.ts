import { beforeEach, describe, expect, it } from 'vitest';
import { isAppError } from '../../core/index.ts';
import { type ManualClock, manualClock } from '../../core/testing.ts';
import { GuessThrottle } from './guess-throttle.ts';

const SHARED = '192.0.2.1';
const ELSEWHERE = '198.51.100.7';

let clock: ManualClock;
let throttle: GuessThrottle;
beforeEach(() => {
  clock = manualClock();
  throttle = new GuessThrottle(clock);
});

function isAllowed(name: string, address?: string): boolean {
  try {
    throttle.requireAllowed(name, address);
    return true;
  } catch (error) {
    if (isAppError(error, 'resource-exhausted')) return false;
    throw error;
  }
}

function succeed(name: string, address?: string): void {
  throttle.requireAllowed(name, address);
  throttle.recordAttempt(name, address);
  throttle.recordSuccess(name, address);
}

/** Names that nobody has, each tried once. */
function flood(address: string, guesses: number): void {
  for (let guess = 0; guess < guesses; guess += 1) throttle.recordAttempt(`nobody-${guess}@example.org`, address);
}

describe('a flood of invented names from a shared address', () => {
  it('slows down whom that address has not signed in before', () => {
    flood(SHARED, 60);
    expect(isAllowed('bo@example.org', SHARED)).toBe(false);
    expect(isAllowed('bo@example.org', ELSEWHERE)).toBe(true);
  });

  it('lets in whose password was right from there before', () => {
    succeed('ada@example.org', SHARED);
    flood(SHARED, 60);
    for (let signIn = 0; signIn < 3; signIn += 1) succeed('ada@example.org', SHARED);
    expect(isAllowed('ada@example.org', SHARED)).toBe(true);
    expect(isAllowed('bo@example.org', SHARED)).toBe(false);
  });

  it('is not forgiven by somebody who signs in with a password of their own in between', () => {
    succeed('eve@example.org', SHARED);
    flood(SHARED, 60);
    succeed('eve@example.org', SHARED);
    expect(isAllowed('bo@example.org', SHARED)).toBe(false);
  });

  it('slows down somebody again who has not signed in from there for a month', () => {
    succeed('ada@example.org', SHARED);
    clock.advance(31 * 24 * 60 * 60 * 1000);
    flood(SHARED, 60);
    expect(isAllowed('ada@example.org', SHARED)).toBe(false);
  });
});

it('guesses at somebody slow down, also from an address that has signed them in before', () => {
  succeed('ada@example.org', SHARED);
  for (let guess = 0; guess < 6; guess += 1) throttle.recordAttempt('ada@example.org', SHARED);
  expect(isAllowed('ada@example.org', SHARED)).toBe(false);
  expect(isAllowed('ada@example.org', ELSEWHERE)).toBe(true);
});

it('guesses of somebody who is signed in count for that person alone', () => {
  flood(SHARED, 60);
  for (let guess = 0; guess < 6; guess += 1) throttle.recordAttempt('ada');
  expect(isAllowed('ada')).toBe(false);
  expect(isAllowed('bo')).toBe(true);
  clock.advance(1001);
  succeed('ada');
  expect(isAllowed('ada')).toBe(true);
});
