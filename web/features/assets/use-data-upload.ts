import { useEffect, useRef, useState } from 'react';
import type { Upload } from '../../../contract/app/index.ts';
import { useAssetChanges } from '../../app/api/assets.ts';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { createUpload, isFileOf, type UploadTarget, useUploadChanges } from '../../app/api/uploads.ts';
import { useSay } from '../../components/live-phrases.tsx';
import type { Receipt } from '../../components/receipt-line.tsx';
import { receiptOfUpload } from './asset-words.ts';

type Sending = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sentBytes: number;
  /** Undefined until the server has begun it. */
  readonly uploadId: string | undefined;
};

export type DataUpload =
  | { readonly state: 'none' }
  /** An unfinished one: its file is compared with what has arrived, `sentBytes` so far. */
  | (Sending & { readonly state: 'comparing' })
  | (Sending & { readonly state: 'sending' | 'paused' })
  | (Sending & { readonly state: 'failed'; readonly error: ApiError })
  | { readonly state: 'done'; readonly name: string };

/** One upload at a time. When the page is left it stops, and stays unfinished on the server. */
export function useDataUpload(projectId: string) {
  const assets = useAssetChanges(projectId);
  const uploads = useUploadChanges(projectId);
  const say = useSay();
  const [upload, setUpload] = useState<DataUpload>({ state: 'none' });
  const running = useRef<ReturnType<typeof createUpload>>(undefined);
  const comparing = useRef<AbortController>(undefined);
  useEffect(
    () => () => {
      comparing.current?.abort();
      void running.current?.pause();
    },
    [],
  );

  const change = (next: Partial<Sending & { state: 'sending' | 'paused' }>) =>
    setUpload((before) => (before.state === 'none' || before.state === 'done' ? before : { ...before, ...next }));

  function begin(file: File, name: string, target: UploadTarget): void {
    const uploadId = target.kind === 'new' ? undefined : target.uploadId;
    setUpload({ state: 'sending', name, sizeBytes: file.size, sentBytes: 0, uploadId });
    running.current = createUpload(projectId, file, target, {
      onBegun: (id) => change({ uploadId: id }),
      onProgress: (sentBytes) => change({ sentBytes }),
      onDone: () => {
        running.current = undefined;
        setUpload({ state: 'done', name });
        say('Uploaded and sealed');
        void Promise.all([assets.refresh(), uploads.refresh()]);
      },
      onFailed: async (failure) => {
        const error = toApiError(await failure);
        setUpload((before) =>
          before.state === 'sending' || before.state === 'paused' ? { ...before, state: 'failed', error } : before,
        );
        void uploads.refresh();
      },
    });
    running.current.start();
  }

  /**
   * Goes on with an unfinished one, unless the person changes their mind meanwhile. Resolves to false when the file is not the one that it
   * was begun with: nothing is sent then. Throws an `ApiError`.
   */
  async function goOnWith(unfinished: Upload, file: File): Promise<boolean> {
    const { id: uploadId, name, offsetBytes: sizeBytes } = unfinished;
    const comparison = new AbortController();
    const { signal } = comparison;
    comparing.current = comparison;
    const compared = { state: 'comparing', name, sizeBytes, sentBytes: 0, uploadId: undefined } as const;
    setUpload(compared);
    const onProgress = (sentBytes: number) => {
      if (!signal.aborted) setUpload({ ...compared, sentBytes });
    };
    try {
      const isSame = await isFileOf(projectId, unfinished, file, { onProgress, signal });
      if (signal.aborted) return true;
      if (isSame) begin(file, name, { kind: 'unfinished', uploadId });
      else setUpload({ state: 'none' });
      return isSame;
    } catch (error) {
      if (signal.aborted) return true;
      setUpload({ state: 'none' });
      throw toApiError(error);
    }
  }

  return {
    upload,
    begin,
    goOnWith,
    pause: async () => {
      await running.current?.pause();
      change({ state: 'paused' });
      say('Paused');
    },
    goOn: () => {
      change({ state: 'sending' });
      running.current?.start();
    },
    /** Gives it up, on the server too. One that is only compared stays unfinished. @returns the receipt, if anything was deleted */
    discard: async (): Promise<Receipt | undefined> => {
      comparing.current?.abort();
      if (upload.state === 'comparing') {
        setUpload({ state: 'none' });
        say('Stopped');
        return undefined;
      }
      await running.current?.pause();
      running.current = undefined;
      const id = 'uploadId' in upload ? upload.uploadId : undefined;
      const receipt = id === undefined ? undefined : await uploads.discard.mutateAsync(id);
      setUpload({ state: 'none' });
      say('Upload discarded');
      if (id === undefined || receipt === undefined || upload.state === 'none') return undefined;
      return receiptOfUpload(id, upload.name, receipt);
    },
    /** Takes the line about the last one away. */
    forget: () => {
      running.current = undefined;
      setUpload({ state: 'none' });
      void uploads.refresh();
    },
  };
}
