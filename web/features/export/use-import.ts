import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { ImportEvent } from '../../../contract/app/index.ts';
import { streamImport } from '../../app/api/archives.ts';
import { ApiError, toApiError } from '../../app/api/client.ts';
import { createUpload, useUploadChanges } from '../../app/api/uploads.ts';
import { useSay } from '../../components/live-phrases.tsx';

type Amount = { readonly assets: number; readonly sizeBytes: number };

export type Importing =
  | { readonly state: 'none' }
  | { readonly state: 'uploading'; readonly sentBytes: number; readonly sizeBytes: number }
  | { readonly state: 'importing'; readonly imported: Amount; readonly total: Amount }
  | (Extract<ImportEvent, { type: 'done' }> & { readonly state: 'done'; readonly archiveId: string })
  | {
      readonly state: 'failed';
      readonly error: ApiError;
      /** What is in the project from before the fault. */
      readonly imported: number;
      /** Whether the archive lies in the project now. */
      readonly isUploaded: boolean;
    };

const nothing: Amount = { assets: 0, sizeBytes: 0 };
const MOST_NAME = 120;

/** Uploads an archive and takes it in, one at a time. Leaving the page ends it: what is imported by then stays. */
export function useImport(projectId: string) {
  const queryClient = useQueryClient();
  const uploads = useUploadChanges(projectId);
  const say = useSay();
  const [importing, setImporting] = useState<Importing>({ state: 'none' });
  const stop = useRef<() => void>(() => {});
  useEffect(() => () => stop.current(), []);

  async function takeIn(archiveId: string, signal: AbortSignal): Promise<void> {
    let [imported, total] = [nothing, nothing];
    setImporting({ state: 'importing', imported, total });
    try {
      for await (const event of streamImport(projectId, { assetId: archiveId, deleteArchive: true }, signal)) {
        if (event.type === 'error') {
          imported = event.imported;
          throw new ApiError(event.problem);
        }
        if (event.type === 'done') setImporting({ ...event, state: 'done', archiveId });
        else {
          if (event.type === 'started') total = event.total;
          else imported = event.imported;
          setImporting({ state: 'importing', imported, total });
        }
      }
      say('Imported');
    } catch (error) {
      if (signal.aborted) setImporting({ state: 'none' });
      else setImporting({ state: 'failed', error: toApiError(error), imported: imported.assets, isUploaded: true });
    } finally {
      // Whatever shows what is in the project.
      void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey.includes(projectId) });
    }
  }

  function begin(file: File): void {
    const controller = new AbortController();
    let uploadId = '';
    const upload = createUpload(
      projectId,
      file,
      { kind: 'new', words: { name: file.name.slice(0, MOST_NAME), description: '', tags: [] } },
      {
        onBegun: (id) => {
          uploadId = id;
        },
        onProgress: (sentBytes) => setImporting({ state: 'uploading', sentBytes, sizeBytes: file.size }),
        onDone: () => void takeIn(uploadId, controller.signal),
        onFailed: async (failure) => {
          setImporting({ state: 'failed', error: toApiError(await failure), imported: 0, isUploaded: false });
          if (uploadId !== '') uploads.discard.mutate(uploadId);
        },
      },
    );
    stop.current = () => {
      controller.abort();
      void upload.pause();
    };
    setImporting({ state: 'uploading', sentBytes: 0, sizeBytes: file.size });
    upload.start();
  }

  return { importing, begin, forget: () => setImporting({ state: 'none' }) };
}
