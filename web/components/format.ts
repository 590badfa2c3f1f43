const wholeNumber = new Intl.NumberFormat('en-GB');
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const dayAndTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });

export const formatCount = (count: number): string => wholeNumber.format(count);
export const formatDay = (instant: string): string => day.format(new Date(instant));
export const formatDayAndTime = (instant: string): string => dayAndTime.format(new Date(instant));
export const formatTime = (instant: string): string => time.format(new Date(instant));

/** Decimal units, as disks and publishers count: 105 MB, 1.4 GB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  const value = bytes / 1000 ** power;
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power - 1]}`;
}

/** A context length as people say it: 8192 is "8K". */
export const formatContext = (tokens: number): string =>
  tokens >= 1024 && tokens % 1024 === 0 ? `${formatCount(tokens / 1024)}K` : formatCount(tokens);

/** Half a second is "0.5 s", under that milliseconds. */
export const formatDuration = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
