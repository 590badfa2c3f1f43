import type { Confidential } from '../../core/index.ts';

/**
 * Port: something that finds personal data, and hate, abuse and profanity in text. It runs on this server, keeps nothing and logs nothing.
 */
export type Moderation = {
  /**
   * Finds what is asked for. The text is short (see `text-windows.ts`): one sentence, or a part of a long one.
   * @returns findings in the order of the text; positions are UTF-16 units, and no finding begins or ends inside a character. Findings
   *   may overlap. The same text gives the same findings.
   */
  find(text: Confidential<string>, kinds: ReadonlySet<FindingKind>): Promise<readonly Finding[]>;
};

export type FindingKind = 'personal-data' | 'hate-abuse-profanity';

/** Where something is, and what; never the words. */
export type Finding = {
  readonly kind: FindingKind;
  /** What it is, by watsonx's names where it has one: `EmailAddress`, `PhoneNumber`, `has_HAP` … */
  readonly entity: string;
  readonly start: number;
  /** The first position after it. */
  readonly end: number;
  /** How sure it is, 0 to 1. */
  readonly score: number;
};

/** The longest finding, in UTF-16 units: so much has to follow before text can go out unchecked by what comes later. */
export const LONGEST_FINDING = 200;
