import { describe, expect, it } from 'vitest';
import type { SessionEntryContent } from '../../../../contract/app/index.ts';
import { ApiError } from '../../../app/api/client.ts';
import { defaultParameters } from '../decoding-parameters.ts';
import { createSessionRecorder, nothingRecorded } from './session-recorder.ts';

const entry = (output: string): SessionEntryContent => ({
  content: { mode: 'freeform', modelId: 'm', parameters: defaultParameters, variables: [], guardrails: {}, text: 'p' },
  values: {},
  output,
});
const refusal = (status: number, retryAfterSeconds?: number) =>
  new ApiError({ type: 'about:blank', title: '', status, detail: '', code: 'internal', trace: '' }, retryAfterSeconds);

/** Answers posts one after the other as `answers` says, then with success; notes what was posted, and the pauses. */
function recording(answers: (ApiError | 'taken')[]) {
  const posted: { id: string; output: string }[] = [];
  const pauses: number[] = [];
  let settled = () => {};
  const whenEmpty = new Promise<void>((resolve) => {
    settled = resolve;
  });
  const recorder = createSessionRecorder({
    post: async ({ id, entry: { output } }) => {
      posted.push({ id, output });
      const answer = answers.shift() ?? 'taken';
      if (answer !== 'taken') throw answer;
    },
    pause: async (ms) => void pauses.push(ms),
    onChange: () => {
      if (recorder.state().waiting === 0) settled();
    },
  });
  return { recorder, posted, pauses, whenEmpty };
}

describe('recording a prompt session', () => {
  it('repeats an entry under the same id until it is acknowledged, and only then posts the next', async () => {
    const { recorder, posted, pauses, whenEmpty } = recording([refusal(0), refusal(503), refusal(429, 7)]);
    recorder.add(entry('first'));
    recorder.add(entry('second'));
    await whenEmpty;
    expect(posted.map(({ output }) => output)).toEqual(['first', 'first', 'first', 'first', 'second']);
    expect(new Set(posted.map(({ id }) => id)).size).toBe(2);
    expect(pauses).toEqual([1000, 2000, 7000]);
    expect(recorder.state()).toEqual({ ...nothingRecorded, recorded: 2 });
  });

  it('waits half a minute at most between attempts', async () => {
    const { recorder, pauses, whenEmpty } = recording(Array.from({ length: 8 }, () => refusal(0)));
    recorder.add(entry('first'));
    await whenEmpty;
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('drops an entry that the server will never take, and goes on', async () => {
    const tooLong = refusal(413);
    const { recorder, posted, whenEmpty } = recording([tooLong]);
    recorder.add(entry('too long'));
    recorder.add(entry('second'));
    await whenEmpty;
    expect(posted.map(({ output }) => output)).toEqual(['too long', 'second']);
    expect(recorder.state()).toEqual({ ...nothingRecorded, recorded: 1, refusal: tooLong });
  });

  it('ends when the session is gone', async () => {
    const gone = refusal(404);
    const { recorder, posted, whenEmpty } = recording([gone]);
    recorder.add(entry('first'));
    recorder.add(entry('second'));
    await whenEmpty;
    recorder.add(entry('third'));
    expect(posted.map(({ output }) => output)).toEqual(['first']);
    expect(recorder.state()).toEqual({ ...nothingRecorded, error: gone, isOver: true });
  });

  it('forgets what waits when it is closed', async () => {
    const { recorder, posted } = recording([]);
    recorder.add(entry('first'));
    recorder.add(entry('second'));
    recorder.close();
    recorder.add(entry('third'));
    expect(recorder.state().waiting).toBe(0);
    expect(posted.map(({ output }) => output)).toEqual(['first']);
  });
});
