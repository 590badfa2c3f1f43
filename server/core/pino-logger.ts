import { pino } from 'pino';
import type { LogFields, Logger } from './logger.ts';

/**
 * Writes the log as JSON Lines through pino: time, level, message and the closed list of fields of {@link LogFields}.
 * @param destination where the lines go; anything with `write`.
 */
export function createPinoLogger(destination: { write(line: string): void }): Logger {
  const lines = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    destination,
  );
  return {
    info: (message: string, fields: LogFields = {}) => lines.info(fields, message),
    warn: (message: string, fields: LogFields = {}) => lines.warn(fields, message),
    error: (message: string, fields: LogFields = {}) => lines.error(fields, message),
  };
}
