/** Resumable uploads (tus.io) through the address that people use, with each step by itself. */
import { Readable } from 'node:stream';
import { TUS_VERSION, UPLOAD_PART, type UploadMetadata } from '../../contract/app/index.ts';
import { CommandError } from '../command-error.ts';
import { type Answer, exchange } from '../http.ts';
import { uploadMetadataHeader } from '../upload-metadata.ts';
import type { PeerOfPages } from './page.ts';

const PIECE_BYTES = 64 * 1024;

/** @param key an API key of somebody who may write in the project */
export function createUploads(peer: PeerOfPages, projectId: string, key: string) {
  const uploads = `/api/v1/projects/${projectId}/uploads`;
  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: Uint8Array | Readable) =>
    exchange(peer, {
      method,
      path,
      headers: { authorization: `Bearer ${key}`, 'tus-resumable': TUS_VERSION, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  const part = (offsetBytes: number) => ({ 'content-type': UPLOAD_PART, 'upload-offset': String(offsetBytes) });
  return {
    /** @returns its id, which the asset will have */
    async begin(metadata: UploadMetadata, lengthBytes: number): Promise<string> {
      const answer = await send('POST', uploads, {
        'upload-length': String(lengthBytes),
        'upload-metadata': uploadMetadataHeader(metadata),
      });
      requireStatus(201, answer, 'beginning an upload');
      const id = answer.headers.location?.split('/').at(-1);
      if (id === undefined) throw new CommandError('beginning an upload was answered without its place');
      return id;
    },
    async append(id: string, offsetBytes: number, content: Uint8Array): Promise<void> {
      requireStatus(
        204,
        await send('PATCH', `${uploads}/${id}`, part(offsetBytes), content),
        'going on with an upload',
      );
    },
    /** Sends the content as a part of `lengthBytes`, and closes the connection when all of it is on its way. */
    async breakOff(id: string, content: Uint8Array, lengthBytes: number): Promise<void> {
      const headers = { ...part(0), 'content-length': String(lengthBytes) };
      await send('PATCH', `${uploads}/${id}`, headers, Readable.from(piecesAndEnd(content))).catch(() => {});
    },
    async cancel(id: string): Promise<void> {
      requireStatus(204, await send('DELETE', `${uploads}/${id}`), 'cancelling an upload');
    },
    async statusOf(id: string): Promise<number> {
      return (await send('HEAD', `${uploads}/${id}`)).status;
    },
  };
}

/** A piece is asked for when the ones before it were taken by the connection. */
async function* piecesAndEnd(content: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < content.length; at += PIECE_BYTES) yield content.subarray(at, at + PIECE_BYTES);
  throw new Error('gone away in the middle of a part');
}

function requireStatus(expected: number, { status }: Answer, what: string): void {
  if (status !== expected) throw new CommandError(`${what} was answered with status ${status}`);
}
