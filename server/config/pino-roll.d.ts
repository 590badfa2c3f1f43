/** pino-roll 4 ships no types; this is the part that is used (its README). */
declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events';

  export default function buildRollingFile(options: {
    readonly file: string;
    readonly extension?: string;
    readonly size?: string;
    readonly limit?: { readonly count: number };
    readonly mkdir?: boolean;
    readonly mode?: number;
  }): Promise<RollingFile>;

  /** `error`: a write failed, and its lines wait for the next one; `close`: after `end`, when all are written. */
  type RollingFile = EventEmitter & { write(line: string): boolean; end(): void };
}
