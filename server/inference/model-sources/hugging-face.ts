import { setTimeout as delay } from 'node:timers/promises';
import { AppError, isAppError } from '../../core/index.ts';
import type { AllowedDestination, Egress, EgressResponse } from '../../egress/index.ts';
import type { HuggingFaceFile } from '../model-catalogue.ts';
import type { PartialModelFile } from '../partial-model-file.ts';
import type { FetchOptions, ModelSource } from './model-source.ts';

const NAME = 'Hugging Face';

/** Where model files come from when Hugging Face serves them; the list for `createEgress`. Hosts: Hugging Face's page "Downloading models". */
export const huggingFaceHosts: readonly AllowedDestination[] = [
  { host: 'huggingface.co', why: 'Model files: what each file is (size, SHA-256) and where it is stored' },
  ...['us.aws.cdn.hf.co', 'eu.aws.cdn.hf.co', 'us.gcp.cdn.hf.co'].map((host) => ({
    host,
    why: 'Model files: content delivery network that huggingface.co redirects downloads to',
  })),
  { host: 'cas-bridge.xethub.hf.co', why: 'Model files: Xet storage that huggingface.co redirects downloads to' },
  ...['cdn-lfs.hf.co', 'cdn-lfs-us-1.hf.co', 'cdn-lfs-eu-1.hf.co', 'cdn-lfs.huggingface.co'].map((host) => ({
    host,
    why: 'Model files: older Git LFS storage that huggingface.co redirects downloads to',
  })),
];

export type HuggingFaceOptions = {
  readonly egress: Egress;
  /** Another server with the same paths, for tests and mirrors. */
  readonly baseUrl?: string;
  /** Waits before going on after a cut, in milliseconds; as many as there are tries after the first one. */
  readonly retryDelaysMs?: readonly number[];
};

type PublishedFile = { readonly sha256: string; readonly sizeBytes: number };

/**
 * Model files from Hugging Face. What a file must be is known before its first byte: its SHA-256 and size from Hugging Face's own
 * metadata (LFS), which must agree with the catalogue where that has them. A cut download goes on where it stopped.
 */
export function createHuggingFaceSource(options: HuggingFaceOptions): ModelSource<HuggingFaceFile> {
  const { egress, baseUrl = 'https://huggingface.co', retryDelaysMs = [1000, 3000, 9000] } = options;

  return {
    name: NAME,
    kind: 'hugging-face',
    async receive(source, fetchOptions) {
      const url = new URL(`${baseUrl}/${source.repository}/resolve/${source.revision}/${source.file}`);
      const published = await describe(egress, url, source, fetchOptions.signal);
      const part = await fetchOptions.files.openPart(fetchOptions.modelId, published.sha256);
      const { sizeBytes: alreadyThere } = await part.received();
      await fetchOptions.files.checkSpaceFor(Math.max(0, published.sizeBytes - alreadyThere));
      await receiveWithRetries(egress, url, part, published, fetchOptions, retryDelaysMs);
      return { part, expected: published };
    },
  };
}

/** Asks what the file is. Only redirects that stay on the same server (a renamed repository) are followed here. */
async function describe(
  egress: Egress,
  start: URL,
  source: HuggingFaceFile,
  signal: AbortSignal,
): Promise<PublishedFile> {
  let url = start;
  for (let hop = 0; hop < 4; hop += 1) {
    const response = await egress.fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      headers: { 'accept-encoding': 'identity' },
      signal,
    });
    if (response.status >= 400) throw refusalOf(response.status);
    const sha256 = (response.headers.get('x-linked-etag') ?? '').replaceAll(/^W\/|"/g, '');
    const sizeBytes = Number(response.headers.get('x-linked-size') ?? Number.NaN);
    if (/^[0-9a-f]{64}$/.test(sha256) && Number.isSafeInteger(sizeBytes) && sizeBytes > 0) {
      return agreeing({ sha256, sizeBytes }, source);
    }
    const location = response.headers.get('location');
    const next = location !== null && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (response.status < 300 || next?.origin !== url.origin) break;
    url = next;
  }
  throw new AppError('unavailable', `${NAME} does not say the SHA-256 of the file, so it could not be checked.`);
}

/** @throws AppError when the publisher's file is not the one in the catalogue. */
function agreeing(published: PublishedFile, source: HuggingFaceFile): PublishedFile {
  if (source.sha256 !== null && source.sha256 !== published.sha256) {
    throw new AppError(
      'failed-precondition',
      `The file at ${NAME} is not the one that this version of Cloister knows (SHA-256 ${published.sha256} instead of ${source.sha256}). If you trust it, download it yourself and import it.`,
    );
  }
  return published;
}

async function receiveWithRetries(
  egress: Egress,
  url: URL,
  part: PartialModelFile,
  published: PublishedFile,
  options: FetchOptions,
  retryDelaysMs: readonly number[],
): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const before = (await part.received()).sizeBytes;
    try {
      await receiveOnce(egress, url, part, published, options);
      return;
    } catch (error) {
      if (options.signal.aborted) throw new AppError('cancelled', 'The download was stopped.', { cause: error });
      if (isAppError(error) && error.code !== 'unavailable') throw error;
      const wait = retryDelaysMs[attempt];
      if (wait === undefined) throw isAppError(error) ? error : cut(error);
      // A download that advances may be cut any number of times: only tries that bring nothing count.
      if ((await part.received()).sizeBytes > before) attempt = -1;
      await delay(wait, undefined, { signal: options.signal }).catch(() => {});
    }
  }
}

async function receiveOnce(
  egress: Egress,
  url: URL,
  part: PartialModelFile,
  published: PublishedFile,
  { onProgress, signal }: FetchOptions,
): Promise<void> {
  const { sizeBytes: have, etag } = await part.received();
  if (have === published.sizeBytes) return;
  const resumes = have > 0 && have < published.sizeBytes;
  const response = await egress.fetch(url, {
    headers: {
      'accept-encoding': 'identity',
      ...(resumes ? { range: `bytes=${have}-`, ...(etag === null ? {} : { 'if-range': etag }) } : {}),
    },
    signal,
  });
  const offset = await offsetOf(response, resumes ? have : 0);
  if (response.body === null) throw new AppError('unavailable', `${NAME} sent an empty answer.`);
  onProgress({ receivedBytes: offset, totalBytes: published.sizeBytes });
  await part.write(response.body, {
    offset,
    etag: strongEtag(response),
    mostBytes: published.sizeBytes,
    onSize: (receivedBytes) => onProgress({ receivedBytes, totalBytes: published.sizeBytes }),
  });
  if ((await part.received()).sizeBytes < published.sizeBytes) throw cut(undefined);
}

/** Where the answer's bytes belong: a server that does not resume sends 200 and the file from its start. */
async function offsetOf(response: EgressResponse, asked: number): Promise<number> {
  if (response.status === 200) return 0;
  if (response.status === 206 && asked > 0) {
    const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
    if (Number(start) === asked) return asked;
  }
  await response.body?.cancel();
  if (response.status >= 400) throw refusalOf(response.status);
  throw new AppError('unavailable', `${NAME} answered in a way that makes no sense (status ${response.status}).`);
}

function strongEtag(response: EgressResponse): string | null {
  const etag = response.headers.get('etag');
  return etag?.startsWith('"') === true ? etag : null;
}

function refusalOf(status: number): AppError {
  if (status === 401 || status === 403) {
    return new AppError(
      'failed-precondition',
      `${NAME} gives this file only to people who have accepted its licence there. Download it with your account and import it.`,
    );
  }
  if (status === 404) return new AppError('failed-precondition', `${NAME} does not have this file any more.`);
  if (status === 429) return new AppError('unavailable', `${NAME} asks for fewer requests. Try again later.`);
  return new AppError('unavailable', `${NAME} cannot serve the file now (status ${status}). Try again later.`);
}

function cut(cause: unknown): AppError {
  return new AppError('unavailable', `The connection to ${NAME} was cut. Pull again: it goes on where it stopped.`, {
    cause,
  });
}
