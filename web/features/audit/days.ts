/** A day where the reader is, YYYY-MM-DD, as date fields have it. */
export type LocalDay = string;

/** Events that were counted, the newest first. `isCut`: there are older ones that were not. */
export type Counted = {
  readonly events: readonly { readonly at: string; readonly outcome: string }[];
  readonly isCut: boolean;
};

export type DayCount = { readonly day: LocalDay; readonly done: number; readonly notDone: number };

const USUAL_DAYS = 30;
const MOST_DAYS = 92;

const twoDigits = (value: number) => String(value).padStart(2, '0');

export const localDayOf = (time: Date): LocalDay =>
  `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;

/** When a day begins, or the one `later` days after it. By the calendar: days of 23 and 25 hours count as days. */
export function startOf(day: LocalDay, later = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + later);
}

export const dayAfter = (day: LocalDay, later: number): LocalDay => localDayOf(startOf(day, later));

/** The days that a chart shows: those that are looked for, the last 30 if all are, and never more than a quarter of a year. */
export function chartDays(first: LocalDay | undefined, last: LocalDay | undefined, today: LocalDay): LocalDay[] {
  const end = last === undefined || last > today ? today : last;
  const earliest = dayAfter(end, 1 - MOST_DAYS);
  const asked = first ?? dayAfter(end, 1 - USUAL_DAYS);
  const days: LocalDay[] = [];
  for (let day = earliest; day <= end; day = dayAfter(day, 1)) if (day >= asked) days.push(day);
  return days;
}

/** Events on each day. Where not all could be counted, only the days whose events were. */
export function countByDay(days: readonly LocalDay[], { events, isCut }: Counted): readonly DayCount[] {
  const counts = new Map(days.map((day) => [day, { day, done: 0, notDone: 0 }]));
  for (const { at, outcome } of events) {
    const count = counts.get(localDayOf(new Date(at)));
    if (count !== undefined) count[outcome === 'success' ? 'done' : 'notDone'] += 1;
  }
  const oldest = events.at(-1);
  const since = isCut && oldest !== undefined ? localDayOf(new Date(oldest.at)) : '';
  return [...counts.values()].filter(({ day }) => day >= since);
}
