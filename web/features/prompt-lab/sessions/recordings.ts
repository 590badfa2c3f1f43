import { useSyncExternalStore } from 'react';
import type { SessionEntryContent } from '../../../../contract/app/index.ts';
import { addSessionEntry } from '../../../app/api/prompt-sessions.ts';
import { forgetWithSession } from '../../../app/page-memory.ts';
import {
  createSessionRecorder,
  nothingRecorded,
  type RecordingState,
  type SessionRecorder,
} from './session-recorder.ts';

/** The recorders of this page, one for each prompt session. What waits in them is forgotten with the login session. */
const recorders = new Map<string, SessionRecorder>();
const listeners = new Set<() => void>();

forgetWithSession(() => {
  for (const recorder of recorders.values()) recorder.close();
  recorders.clear();
  notify();
});

/** Puts a submitted prompt with its answer into the session, also if the server does not answer at once. */
export function recordEntry(projectId: string, sessionId: string, entry: SessionEntryContent): void {
  const recorder =
    recorders.get(sessionId) ??
    createSessionRecorder({
      post: (added, signal) => addSessionEntry(projectId, sessionId, added, signal),
      pause,
      onChange: notify,
    });
  recorders.set(sessionId, recorder);
  recorder.add(entry);
}

export const useRecordingState = (sessionId: string): RecordingState =>
  useSyncExternalStore(subscribe, () => recorders.get(sessionId)?.state() ?? nothingRecorded);

const isAnythingWaiting = (): boolean => [...recorders.values()].some((recorder) => recorder.state().waiting > 0);

/** The browser asks before a reload or a closed tab loses answers that the server does not have yet. */
const warn = (event: BeforeUnloadEvent) => event.preventDefault();

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(): void {
  if (isAnythingWaiting()) window.addEventListener('beforeunload', warn);
  else window.removeEventListener('beforeunload', warn);
  for (const listener of listeners) listener();
}
