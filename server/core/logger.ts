/**
 * A log of what happened, never of what was said: the fields are a closed list of numbers and names that hold no content,
 * so that a prompt has no field to be written to. A new field is a decision for review.
 */
export type LogFields = {
  readonly requestId?: string;
  /** The route's pattern, as `/api/v1/projects/:projectId`; never the URL. */
  readonly route?: string;
  readonly method?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly code?: string;
  readonly accountId?: string;
  readonly projectId?: string;
  readonly userId?: string;
  readonly assetId?: string;
  readonly modelId?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly stopReason?: string;
  readonly processId?: number;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly count?: number;
  readonly sizeBytes?: number;
  readonly address?: string;
  readonly version?: string;
  readonly host?: string;
  /** Class, code and stack of an error that is no fault of a caller. Its message is left out: libraries quote their input in it. */
  readonly error?: LoggableError;
};

export type LoggableError = { readonly name: string; readonly code?: string; readonly stack: readonly string[] };

export type Logger = {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
};

/**
 * What may be logged of an error: class, code and the places in the code, cause by cause; no message.
 * @param error anything that was thrown.
 */
export function loggableError(error: unknown): LoggableError {
  const stack: string[] = [];
  let name = 'unknown';
  let code: string | undefined;
  let current: unknown = error;
  for (let depth = 0; current instanceof Error && depth < 4; depth += 1) {
    if (depth === 0) name = current.name;
    else stack.push(`caused by ${current.name}`);
    const currentCode = (current as { code?: unknown }).code;
    if (code === undefined && typeof currentCode === 'string' && /^[\w-]{1,60}$/.test(currentCode)) code = currentCode;
    for (const line of (current.stack ?? '').split('\n')) {
      // Only frames: the message (which may quote input, over several lines) has no line of this form with a position at its end.
      if (/^\s+at .+:\d+:\d+\)?$/.test(line)) stack.push(line.trim());
    }
    current = current.cause;
  }
  return code === undefined ? { name, stack } : { name, code, stack };
}

/** A logger that drops everything, for tests that assert nothing of logs. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };
