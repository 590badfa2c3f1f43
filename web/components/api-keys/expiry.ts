import type { ApiKey } from '../../../contract/app/index.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** So long before the end people are told, so that they can give the program a new key in time. */
const WARN_BEFORE_DAYS = 14;

export const expiryChoices = ['30', '90', '365', 'date', 'none'] as const;
export type ExpiryChoice = (typeof expiryChoices)[number];
export const expiryWords: Readonly<Record<ExpiryChoice, string>> = {
  '30': 'In 30 days',
  '90': 'In 90 days',
  '365': 'In a year',
  date: 'After a day that you choose',
  none: 'Never',
};

/** The instant that a choice means; undefined: the day is missing, or over. `day` as a date field gives it. */
export function expiryOf(choice: ExpiryChoice, day: string): string | null | undefined {
  if (choice === 'none') return null;
  if (choice !== 'date') return new Date(Date.now() + Number(choice) * DAY_MS).toISOString();
  const end = new Date(`${day}T23:59:59`);
  return end.getTime() > Date.now() ? end.toISOString() : undefined;
}

/** Today as a date field writes it. */
export function today(): string {
  const now = new Date();
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${twoDigits(now.getMonth() + 1)}-${twoDigits(now.getDate())}`;
}

export type Expiry = { state: 'never' | 'later' } | { state: 'soon'; daysLeft: number } | { state: 'expired' };

export function expiryState({ expiresAt }: ApiKey): Expiry {
  if (expiresAt === null) return { state: 'never' };
  const left = new Date(expiresAt).getTime() - Date.now();
  if (left <= 0) return { state: 'expired' };
  const daysLeft = Math.floor(left / DAY_MS);
  return daysLeft < WARN_BEFORE_DAYS ? { state: 'soon', daysLeft } : { state: 'later' };
}

/** "today", "in 1 day", "in 9 days" */
export const daysLeftWords = (days: number): string =>
  days === 0 ? 'within a day' : days === 1 ? 'in 1 day' : `in ${days} days`;
