import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'rooms',
          include: [
            'server/**/*.test.ts',
            'contract/**/*.test.ts',
            'cli/**/*.test.ts',
            'web/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          // One second, the default, is short for a page on a machine that does two of these at a time.
          expect: { poll: { timeout: 20_000 } },
          // Each test has servers of its own, and half of the time they wait: for a browser, a disk, a process that starts.
          maxWorkers: 2,
        },
      },
    ],
  },
});
