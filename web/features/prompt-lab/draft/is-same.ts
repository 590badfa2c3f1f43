/** Whether two JSON values are the same. What both share is not looked into, so that a key press costs no walk over a long prompt. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const left: Record<string, unknown> = { ...one };
  const right: Record<string, unknown> = { ...other };
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Array.isArray(one) === Array.isArray(other) && [...names].every((name) => isSame(left[name], right[name]));
}
