import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { DetailedError } from 'tus-js-client';
import BrowserFileReader from 'tus-js-client/lib.esm/browser/fileReader.js';
import BrowserHttpStack from 'tus-js-client/lib.esm/browser/httpStack.js';
// The parts and not the main entry, which writes to the browser's storage as soon as it is loaded.
import TusUpload from 'tus-js-client/lib.esm/upload.js';
import { TUS_VERSION, type Upload, type UploadBlock } from '../../../contract/app/index.ts';
import { refusal, request, requestRaw, unreachable } from './client.ts';
import { isSameSoFar } from './same-so-far.ts';

/** A connection that breaks is tried again after these; then the person decides. */
const RETRY_DELAYS_MS = [500, 1_000, 3_000, 5_000, 10_000];

const uploadsKey = (projectId: string) => ['uploads', projectId];
const pathOf = (projectId: string, id = '') => `/projects/${projectId}/uploads${id === '' ? '' : `/${id}`}`;

/** One's own uploads that are not finished. */
export function useUnfinishedUploads(projectId: string) {
  return useQuery({
    queryKey: uploadsKey(projectId),
    queryFn: ({ signal }) => request<{ items: Upload[] }>(pathOf(projectId), { signal }).then((list) => list.items),
    // How far one is changes without this page.
    staleTime: 0,
  });
}

export function useUploadChanges(projectId: string) {
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: uploadsKey(projectId) });
  const discard = useMutation({
    /** @returns the deletion receipt */
    mutationFn: async (id: string): Promise<string | undefined> => {
      const headers = { 'tus-resumable': TUS_VERSION };
      const { headers: answer } = await requestRaw(pathOf(projectId, id), { method: 'DELETE', headers });
      return answer.get('deletion-receipt') ?? undefined;
    },
    onSettled: refresh,
  });
  return { discard, refresh };
}

/** Whether a file is the one that an unfinished upload was begun with, as far as that has arrived. */
export function isFileOf(
  projectId: string,
  { id, offsetBytes }: Upload,
  file: File,
  { onProgress, signal }: { onProgress: (comparedBytes: number) => void; signal: AbortSignal },
): Promise<boolean> {
  const blockOf = (number: number) => request<UploadBlock>(`${pathOf(projectId, id)}/blocks/${number}`, { signal });
  return isSameSoFar(file, offsetBytes, blockOf, onProgress);
}

/** What a file is sent as. */
export type UploadWords = { readonly name: string; readonly description: string; readonly tags: readonly string[] };

export type UploadTarget =
  | { readonly kind: 'new'; readonly words: UploadWords }
  /** Goes on where the server is. */
  | { readonly kind: 'unfinished'; readonly uploadId: string };

type UploadListener = {
  /** The server has begun it, under this id. */
  readonly onBegun: (uploadId: string) => void;
  readonly onProgress: (sentBytes: number) => void;
  readonly onDone: () => void;
  /** The error is an `ApiError`. */
  readonly onFailed: (error: Promise<unknown>) => void;
};

/** An upload that can be paused and go on. It keeps nothing in the browser: what is unfinished the server knows. */
export function createUpload(projectId: string, file: File, target: UploadTarget, listener: UploadListener) {
  const upload = new TusUpload(file, {
    ...TusUpload.defaultOptions,
    httpStack: new BrowserHttpStack(),
    fileReader: new BrowserFileReader(),
    fingerprint: () => Promise.resolve(''),
    storeFingerprintForResuming: false,
    retryDelays: RETRY_DELAYS_MS,
    endpoint: `/api/v1${pathOf(projectId)}`,
    ...(target.kind === 'new'
      ? { metadata: metadataOf(file, target.words) }
      : { uploadUrl: `/api/v1${pathOf(projectId, target.uploadId)}` }),
    onUploadUrlAvailable: () => listener.onBegun(upload.url?.split('/').at(-1) ?? ''),
    onProgress: (sentBytes) => listener.onProgress(sentBytes),
    onSuccess: () => listener.onDone(),
    onError: (error) => listener.onFailed(asApiError(error)),
  });
  return { start: () => upload.start(), pause: () => upload.abort() };
}

function metadataOf(file: File, { name, description, tags }: UploadWords): Record<string, string> {
  return { name, filetype: file.type, description, tags: JSON.stringify(tags) };
}

function asApiError(error: Error | DetailedError): Promise<unknown> {
  const response = 'originalResponse' in error ? error.originalResponse : null;
  if (response === null || response === undefined) {
    return Promise.resolve(
      unreachable('The connection broke, or the file cannot be read any more. Go on to try again.'),
    );
  }
  return refusal(new Response(response.getBody() || null, { status: response.getStatus() }));
}
