/** PostgreSQL's code for a reference to a row that is not there. */
const FOREIGN_KEY_VIOLATION = '23503';

/** Whether a row was refused because what it belongs to is not there. */
export function isForeignKeyViolation(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if ('code' in current && current.code === FOREIGN_KEY_VIOLATION) return true;
  }
  return false;
}
