import { useEffect, useRef, useState } from 'react';
import { objectPath, useObjectChanges } from '../../app/api/bucket.ts';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { upload as send } from '../../app/api/upload.ts';
import { useSay } from '../../components/live-phrases.tsx';

export type Upload =
  | { readonly state: 'none' }
  | { readonly state: 'sending'; readonly sizeBytes: number; readonly sentBytes: number; readonly isSlow: boolean }
  | { readonly state: 'done'; readonly objectId: string }
  | { readonly state: 'failed'; readonly error: ApiError };

/** An upload that is over within a second shows no progress: it would only flash. */
const SLOW_AFTER_MS = 1000;

/** One upload at a time into the project's bucket; it ends when the page is left. */
export function useUpload(projectId: string) {
  const { refresh } = useObjectChanges(projectId);
  const say = useSay();
  const [upload, setUpload] = useState<Upload>({ state: 'none' });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  async function start(file: File): Promise<void> {
    const abort = new AbortController();
    running.current = abort;
    const objectId = crypto.randomUUID();
    const change = (next: { sentBytes: number } | { isSlow: boolean }) =>
      setUpload((before) => (before.state === 'sending' ? { ...before, ...next } : before));
    setUpload({ state: 'sending', sizeBytes: file.size, sentBytes: 0, isSlow: false });
    const timer = setTimeout(() => change({ isSlow: true }), SLOW_AFTER_MS);
    try {
      await send(objectPath(projectId, objectId), file, {
        onProgress: (sentBytes) => change({ sentBytes }),
        signal: abort.signal,
      });
      setUpload({ state: 'done', objectId });
      say('Uploaded and sealed');
      await refresh();
    } catch (thrown) {
      setUpload(abort.signal.aborted ? { state: 'none' } : { state: 'failed', error: toApiError(thrown) });
    } finally {
      clearTimeout(timer);
    }
  }

  return { upload, start, stop: () => running.current?.abort() };
}
