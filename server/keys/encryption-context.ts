/**
 * What a ciphertext belongs to: names and identifiers, never content. It is authenticated with the ciphertext, not kept in it:
 * who unwraps must say the same context again, so a wrapped key moved to another project, object or purpose does not open.
 */
export type EncryptionContext = Readonly<Record<string, string>>;

/**
 * The context as bytes, the same for the same entries whatever their order: JSON (RFC 8259) of the entries sorted by name (by UTF-16
 * code unit). JSON quotes both parts, so no two different contexts give the same bytes.
 */
export function encodeEncryptionContext(context: EncryptionContext): Buffer {
  const entries = Object.entries(context).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  return Buffer.from(JSON.stringify(entries), 'utf8');
}
