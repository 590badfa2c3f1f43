import { expect, it } from 'vitest';
import { killRounds } from './kill-rounds.ts';

/** As many as take about two minutes on a busy machine; `scripts/kill-rounds.ts` runs a thousand. */
const ROUNDS = 20;

it(`loses no acknowledged object and leaves no orphan over ${ROUNDS} rounds of kill -9 during puts, deletions, rotations and shredding`, async () => {
  const { faults, interrupted, acknowledged } = await killRounds(ROUNDS);
  expect(faults).toEqual([]);
  // The kills did hit work under way, of every kind.
  for (const count of Object.values(interrupted)) expect(count).toBeGreaterThan(ROUNDS / 4);
  for (const count of Object.values(acknowledged)) expect(count).toBeGreaterThan(0);
}, 1_800_000);
