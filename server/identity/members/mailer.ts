/** A message to one person, in plain text. */
export type Mail = { readonly to: string; readonly subject: string; readonly text: string };

/** Port: a mail server of the organisation. */
export type Mailer = {
  /**
   * Resolves when the mail server has taken the message.
   * @throws AppError `unavailable` when it can't be reached, is not trusted, or refuses it; never with what is in the message.
   */
  send(mail: Mail): Promise<void>;
};
