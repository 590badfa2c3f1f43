/**
 * Port: signs the ends of chains, with a key that no row of the database gives away. The audit log can be rewritten by whoever can write to
 * the database's files; its signatures can't.
 */
export type CheckpointSigner = {
  /** Has the key in memory. May speak to the KMS, so it is called before a transaction begins and never inside one. */
  ready(): Promise<void>;
  /**
   * Signs with the key that {@link ready} has brought, without network or KMS call.
   * @returns a compact JWS (RFC 7515, EdDSA) with the text as its payload, and the key's id in its header
   */
  sign(text: string): Promise<string>;
  /**
   * What was signed, or undefined if no key of this deployment signed it. Keys that no longer sign still count. A key counts only when its
   * private half was unwrapped by the KMS: a public one could be put into the database by whoever altered the log.
   */
  open(signature: string): Promise<string | undefined>;
};

/** The end of a chain, or a place in it. */
export type ChainHead = { readonly sequence: number; readonly hash: string };

/**
 * What a signature is over. `head`: the last event, signed anew with each; `checkpoint`: a place on the way; `trim`: events up to this one
 * were removed because the account's retention had passed.
 */
export type Statement = ChainHead & {
  readonly type: 'head' | 'checkpoint' | 'trim';
  readonly account: string;
  readonly at: string;
};

/** The text that is signed. The format is told in docs/reference/audit-log.md; members keep this order. */
export function statementText({ type, account, sequence, hash, at }: Statement): string {
  return JSON.stringify({ type, account, sequence, hash, at });
}
