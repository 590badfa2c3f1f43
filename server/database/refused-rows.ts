/** Whether PostgreSQL refused a row because what it belongs to is not there: foreign_key_violation, PostgreSQL's documentation, appendix A. */
export function isForeignKeyViolation(error: unknown): boolean {
  return hasCode(error, ['23503']);
}

/**
 * Whether PostgreSQL refused a new row because what it belongs to is gone, or because a policy does not let this person write it
 * (insufficient_privilege). A project that was just deleted shows as either, depending on which is asked first.
 */
export function isRefusedRow(error: unknown): boolean {
  return hasCode(error, ['23503', '42501']);
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if ('code' in current && codes.includes(String(current.code))) return true;
  }
  return false;
}
