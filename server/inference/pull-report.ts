import type { PullEvent } from './model-pulls.ts';

const MEGABYTE = 1_000_000;
const BAR_WIDTH = 30;
/** On a terminal the bar moves each percent; elsewhere a line is written each tenth, or each 50 MB while nobody knows the total. */
const LINES = { stepPercent: 10, stepBytes: 50 * MEGABYTE };
const BAR = { stepPercent: 1, stepBytes: MEGABYTE };

/**
 * Turns the events of a fetch into a progress bar on a terminal, and into plain lines elsewhere.
 * @param output.write gets text as it is to be printed, line ends included.
 */
export function createPullReport(output: {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
}): (event: PullEvent) => void {
  const { stepPercent, stepBytes } = output.isTerminal ? BAR : LINES;
  let lastStep = '';
  let isBarOpen = false;

  const line = (text: string): void => {
    output.write(`${isBarOpen ? '\r\u001b[K' : ''}${text}\n`);
    isBarOpen = false;
  };

  return (event) => {
    switch (event.type) {
      case 'progress': {
        const percent =
          event.totalBytes === null
            ? undefined
            : Math.floor((100 * event.receivedBytes) / Math.max(1, event.totalBytes));
        const step = `${event.source} ${Math.floor(percent === undefined ? event.receivedBytes / stepBytes : percent / stepPercent)} ${event.totalBytes === null}`;
        if (step === lastStep) return;
        lastStep = step;
        const amount = `${megabytes(event.receivedBytes)}${event.totalBytes === null ? '' : ` of ${megabytes(event.totalBytes)}`} MB`;
        const text = `Fetching ${event.label} from ${event.source}: ${percent === undefined ? '' : `${percent} %, `}${amount}`;
        if (!output.isTerminal) return line(text);
        output.write(`\r\u001b[K${percent === undefined ? '' : `${bar(percent)} `}${text}`);
        isBarOpen = true;
        return;
      }
      case 'source-failed':
        return line(`${event.source}: ${event.detail}`);
      case 'available':
        return line(`${event.label} is ready (${megabytes(event.sizeBytes)} MB from ${event.source}).`);
      case 'failed':
        return line(event.detail);
    }
  };
}

function bar(percent: number): string {
  const full = Math.round((BAR_WIDTH * Math.min(100, percent)) / 100);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`;
}

function megabytes(bytes: number): string {
  return (bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0);
}
