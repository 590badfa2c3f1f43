/** Port: a room later than this one that keeps something of accounts outside their rows. */
export type AccountDataOwner = {
  /**
   * Destroys everything of an account that removing its row would not, keys first. Repeatable, also after a crash in its middle and for an
   * account that is not there any more.
   */
  purgeAccount(accountId: string): Promise<void>;
};
