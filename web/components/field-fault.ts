/**
 * A field's id, and what is wrong with its value. Carbon points to the message with `aria-errormessage` alone, which screen readers read
 * only from elements that announce themselves; as the description of the field everybody hears it.
 */
export function fieldFault(id: string, fault: string | undefined) {
  if (fault === undefined) return { id };
  return { id, invalid: true, invalidText: fault, 'aria-describedby': `${id}-error-msg` };
}
