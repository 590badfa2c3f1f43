import { refusal, unreachable } from './client.ts';

type UploadOptions = { onProgress: (sentBytes: number) => void; signal: AbortSignal };

/**
 * Sends a file as it is to `/api/v1{path}`; `fetch` cannot tell how much of it has gone. Throws an `ApiError`, or the abort reason of
 * `signal`.
 */
export async function upload(path: string, file: Blob, options: UploadOptions): Promise<void> {
  const response = await send(path, file, options);
  if (!response.ok) throw await refusal(response);
}

function send(path: string, file: Blob, { onProgress, signal }: UploadOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', `/api/v1${path}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => resolve(asResponse(request)));
    request.addEventListener('error', () => reject(unreachable()));
    request.addEventListener('abort', () => reject(signal.reason));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

function asResponse(request: XMLHttpRequest): Response {
  const retryAfter = request.getResponseHeader('retry-after');
  const headers = retryAfter === null ? {} : { 'retry-after': retryAfter };
  // A `Response` of 204 takes no body.
  return new Response(request.responseText === '' ? null : request.responseText, { status: request.status, headers });
}
