/** What a command shows: its result on standard output (text, or JSON and nothing else), everything else on standard error. */
export type Output = {
  readonly json: boolean;
  /** The result, once a command. */
  result(value: unknown, text: string): void;
  /** A step of a long command: plain lines. */
  progress(line: string): void;
  /** The same line again and again, on a terminal; elsewhere a plain line each time. */
  progressInPlace(line: string): void;
};

/** Output of this process. */
export function createOutput(json: boolean): Output {
  let open = false;
  const endLine = () => {
    if (open) process.stderr.write('\n');
    open = false;
  };
  return {
    json,
    result(value, text) {
      endLine();
      process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text === '' ? '' : `${text}\n`);
    },
    progress(line) {
      endLine();
      process.stderr.write(`${line}\n`);
    },
    progressInPlace(line) {
      if (!process.stderr.isTTY) {
        process.stderr.write(`${line}\n`);
        return;
      }
      process.stderr.write(`\r\u001b[K${line}`);
      open = true;
    },
  };
}

/** Columns as wide as their longest cell; the last one as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** 144811000 → `144.8 MB`; decimal units, as disks and downloads are told. */
export function bytesInWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
