import { expect, it } from 'vitest';
import { killRounds } from './kill-rounds.ts';

/** A tenth of what `scripts/kill-rounds.ts` runs. */
const ROUNDS = 100;

it(`loses no acknowledged object and leaves no orphan over ${ROUNDS} rounds of kill -9 during puts, deletions, rotations and shredding`, async () => {
  const { faults, interrupted, acknowledged } = await killRounds(ROUNDS);
  expect(faults).toEqual([]);
  // The kills did hit work under way, of every kind.
  expect(interrupted).toBeGreaterThan(ROUNDS);
  for (const count of Object.values(acknowledged)) expect(count).toBeGreaterThan(0);
}, 1_800_000);
