/**
 * The rooms of the server, in order: a room may import only rooms above it, and only through their `index.ts`.
 * `rooms.test.ts` reads every import and fails on a step down. Read top to bottom, this list is the architecture.
 */
export const rooms = [
  'core',
  'database',
  'egress',
  'audit',
  'metering',
  'jobs',
  'identity',
  'keys',
  'storage',
  'projects',
  'assets',
  'inference',
  'lab',
  'tuning',
  'governance',
  'privacy',
  'api',
  'config',
] as const;

export type Room = (typeof rooms)[number];
