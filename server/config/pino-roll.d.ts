/** pino-roll 4 ships no types; this is the part that is used (its README). */
declare module 'pino-roll' {
  export default function buildRollingFile(options: {
    readonly file: string;
    readonly extension?: string;
    readonly size?: string;
    readonly limit?: { readonly count: number };
    readonly mkdir?: boolean;
    readonly mode?: number;
  }): Promise<{ write(line: string): boolean; flushSync(): void; end(): void }>;
}
