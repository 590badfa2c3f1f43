import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OpenedContent, RequestedPart } from '../assets/index.ts';

/** Any bytes. */
export const BYTES = 'application/octet-stream';

/** How the OpenAPI document tells of an answer of any bytes. */
export const bytesAnswer = { content: { [BYTES]: { schema: z.string() } } };

/** One range of bytes, RFC 9110 section 14.1.2. */
const ONE_RANGE = /^bytes=(?<first>\d{1,15})?-(?<last>\d{1,15})?$/;

/**
 * The part of a content that a request asks for. Undefined: all of it, also where the header is not one range of bytes (RFC 9110 lets a
 * server ignore it), and with `If-Range`: this server names no version of a content, so that none can be the one that is meant.
 */
export function requestedPartOf({ headers }: Pick<FastifyRequest, 'headers'>): RequestedPart | undefined {
  const { first, last } = ONE_RANGE.exec(headers.range ?? '')?.groups ?? {};
  if (headers['if-range'] !== undefined) return undefined;
  if (first === undefined) return last === undefined ? undefined : { lastBytes: Number(last) };
  const fromByte = Number(first);
  if (last === undefined) return { fromByte };
  const toByte = Number(last);
  return toByte < fromByte ? undefined : { fromByte, toByte };
}

/**
 * Answers with content, piece by piece, or with the part of it that was asked for.
 * @param fileName what a browser saves it as; an id, never a name that somebody chose
 */
export function sendContent(reply: FastifyReply, opened: OpenedContent, fileName: string): FastifyReply {
  const { content, sizeBytes, range } = opened;
  reply.type(BYTES).header('content-disposition', `attachment; filename="${fileName}"`);
  if (sizeBytes !== undefined) {
    reply.header('accept-ranges', 'bytes');
    const { start, endExclusive } = range ?? { start: 0, endExclusive: sizeBytes };
    reply.header('content-length', endExclusive - start);
    if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${endExclusive - 1}/${sizeBytes}`);
  }
  return reply.send(Readable.from(content.reveal('write-response'), { objectMode: false }));
}
