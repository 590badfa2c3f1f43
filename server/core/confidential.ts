/**
 * Content (a prompt, an output, a variable, a training record) on its way through the server.
 *
 * Whatever prints, logs, serialises or concatenates a value of this type gets `[confidential]`; the content comes out only
 * through {@link Confidential.reveal}, whose callers are the short list in `server/reveal-sites.ts` (a test enforces it).
 */
export class Confidential<T> {
  readonly #content: T;

  private constructor(content: T) {
    this.#content = content;
  }

  /** Wraps content at the place where it enters the server. */
  static of<T>(content: T): Confidential<T> {
    return new Confidential(content);
  }

  /**
   * Gives the content to code that must see it.
   * @param _reason why this caller must see it; read by people who review the list of callers, and by nobody else.
   */
  reveal(_reason: RevealReason): T {
    return this.#content;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  /** Keeps template strings, `+` and number conversions from reaching the content. */
  [Symbol.toPrimitive](): string {
    return PLACEHOLDER;
  }

  get [Symbol.toStringTag](): string {
    return 'Confidential';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return PLACEHOLDER;
  }
}

const PLACEHOLDER = '[confidential]';

/** The only reasons for which content may leave its wrapper. */
export type RevealReason =
  /** An engine adapter hands the prompt to the model. */
  | 'send-to-engine'
  /** A guardrail looks for personal data, hate, abuse and profanity; it keeps nothing. */
  | 'moderate'
  /** A response writer answers the person who sent the prompt. */
  | 'write-response'
  /** Saved content is about to be encrypted. */
  | 'seal'
  /** The lab puts a prompt together from its parts; what comes out is wrapped again. */
  | 'assemble-prompt';
