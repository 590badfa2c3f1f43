import type { SessionEntryContent } from '../../../../contract/app/index.ts';
import { type ApiError, toApiError } from '../../../app/api/client.ts';

export type RecordingState = {
  /** Entries that the server has acknowledged. */
  readonly recorded: number;
  readonly waiting: number;
  /** Why the last attempt failed; undefined after one that succeeded. */
  readonly error: ApiError | undefined;
  /** Why an entry was refused for good, and is not in the session. */
  readonly refusal: ApiError | undefined;
  /** Whether the session takes no more entries: it is gone, or this person may not write any more. */
  readonly isOver: boolean;
};

export const nothingRecorded: RecordingState = {
  recorded: 0,
  waiting: 0,
  error: undefined,
  refusal: undefined,
  isOver: false,
};

type NewEntry = { id: string; entry: SessionEntryContent };

type SessionRecorderOptions = {
  post: (added: NewEntry, signal: AbortSignal) => Promise<unknown>;
  /** Resolves after this many milliseconds, or when `signal` is aborted. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
  onChange: () => void;
};

export type SessionRecorder = ReturnType<typeof createSessionRecorder>;

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Posts entries to one prompt session: one at a time in the order of their answers, since the server numbers them, and each until it is
 * acknowledged. An entry that the server refuses for good is dropped and told; the entries after it go on.
 */
export function createSessionRecorder({ post, pause, onChange }: SessionRecorderOptions) {
  const queue: NewEntry[] = [];
  const closing = new AbortController();
  let state = nothingRecorded;
  let isPosting = false;

  const show = (next: Partial<RecordingState>) => {
    state = { ...state, ...next, waiting: queue.length };
    onChange();
  };

  async function postAll() {
    if (isPosting) return;
    isPosting = true;
    let pauseMs = FIRST_PAUSE_MS;
    for (let next = queue[0]; next !== undefined && !closing.signal.aborted; next = queue[0]) {
      try {
        await post(next, closing.signal);
        queue.shift();
        pauseMs = FIRST_PAUSE_MS;
        show({ recorded: state.recorded + 1, error: undefined });
      } catch (thrown) {
        if (closing.signal.aborted) break;
        const error = toApiError(thrown);
        switch (whatFollows(error)) {
          case 'repeat':
            show({ error });
            await pause(
              error.retryAfterSeconds === undefined ? pauseMs : error.retryAfterSeconds * 1000,
              closing.signal,
            );
            pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
            break;
          case 'drop':
            queue.shift();
            show({ error: undefined, refusal: error });
            break;
          case 'end':
            queue.length = 0;
            show({ error, isOver: true });
        }
      }
    }
    isPosting = false;
  }

  return {
    state: () => state,
    /** Takes an entry; nothing happens once the session takes no more. */
    add(entry: SessionEntryContent): void {
      if (state.isOver || closing.signal.aborted) return;
      queue.push({ id: crypto.randomUUID(), entry });
      show({});
      void postAll();
    },
    /** Forgets what waits. */
    close(): void {
      closing.abort();
      queue.length = 0;
      show({});
    },
  };
}

function whatFollows({ problem: { status } }: ApiError): 'repeat' | 'drop' | 'end' {
  if (status === 0 || status === 408 || status === 429 || status >= 500) return 'repeat';
  return status === 401 || status === 403 || status === 404 || status === 410 ? 'end' : 'drop';
}
