import { useEffect, useRef, useState } from 'react';
import { useAssetChanges } from '../../app/api/assets.ts';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { createUpload, type UploadTarget, useUploadChanges } from '../../app/api/uploads.ts';
import { useSay } from '../../components/live-phrases.tsx';

type Sending = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sentBytes: number;
  /** Undefined until the server has begun it. */
  readonly uploadId: string | undefined;
};

export type DataUpload =
  | { readonly state: 'none' }
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
  useEffect(() => () => void running.current?.pause(), []);

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

  return {
    upload,
    begin,
    pause: async () => {
      await running.current?.pause();
      change({ state: 'paused' });
      say('Paused');
    },
    goOn: () => {
      change({ state: 'sending' });
      running.current?.start();
    },
    /** Gives it up, on the server too. */
    discard: async () => {
      await running.current?.pause();
      running.current = undefined;
      if ('uploadId' in upload && upload.uploadId !== undefined) await uploads.discard.mutateAsync(upload.uploadId);
      setUpload({ state: 'none' });
      say('Upload discarded');
    },
    /** Takes the line about the last one away. */
    forget: () => {
      running.current = undefined;
      setUpload({ state: 'none' });
      void uploads.refresh();
    },
  };
}
