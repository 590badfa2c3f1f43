import type { IncomingMessage } from 'node:http';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  type Upload as ContractUpload,
  TUS_VERSION,
  UPLOAD_PART,
  uploadBlock,
  uploadList,
  uploadMetadata,
} from '../../../contract/app/index.ts';
import type { Upload } from '../../assets/index.ts';
import { AppError, Confidential, invalidField } from '../../core/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import { parseRequest } from '../request-error.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Uploads'];
const inProject = z.object({ projectId: z.string() });
const oneUpload = inProject.extend({ uploadId: z.string() });
const oneBlock = oneUpload.extend({ number: z.coerce.number().int().min(0).max(1_000_000) });
const PATH = '/projects/:projectId/uploads';

/** A connection that is silent for so long is given up: what had come is kept, and whoever comes back finds the upload free. */
const SILENCE_MS = 60_000;

/**
 * Resumable uploads: tus 1.0.0 (https://tus.io/protocols/resumable-upload) with its extensions creation, expiration and termination. The
 * protocol is this file; `docs/decisions/0014-tus-by-hand.md` says why no library speaks it.
 */
export function uploadRoutes({ uploads }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      PATH,
      {
        schema: {
          tags,
          summary: 'List your unfinished uploads, the newest first',
          params: inProject,
          response: { 200: uploadList },
        },
      },
      async (request) => {
        const items = await uploads.list(await credentials.actorOf(request), request.params.projectId);
        return { items: items.map(toUpload) };
      },
    );

    app.get(
      `${PATH}/:uploadId/blocks/:number`,
      {
        schema: {
          tags,
          summary: 'Digest of a block of what has come of your upload, to compare with your file before you go on',
          params: oneBlock,
          response: { 200: uploadBlock },
        },
      },
      async (request) => {
        const { projectId, uploadId, number } = request.params;
        const actor = await credentials.actorOf(request);
        const { sizeBytes, sha256 } = await uploads.digestOfBlock(actor, projectId, uploadId, number);
        return { sizeBytes, sha256: Buffer.from(sha256).toString('hex') };
      },
    );

    await app.register(tusRoutes);
  };

  /** In a scope of its own: every request and answer says the version, and no other kind of body is read. */
  async function tusRoutes(app: Parameters<FastifyPluginAsyncZod>[0]): Promise<void> {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(UPLOAD_PART, (_request, payload, done) => done(null, payload));
    app.addHook('onRequest', async (request, reply) => {
      reply.header('tus-resumable', TUS_VERSION);
      if (request.headers['tus-resumable'] === TUS_VERSION) return;
      reply.header('tus-version', TUS_VERSION);
      throw new AppError('invalid-argument', `Tus-Resumable: must be ${TUS_VERSION}.`, {
        details: {
          reason: 'upload-protocol-version',
          fields: [{ field: 'Tus-Resumable', message: `must be ${TUS_VERSION}` }],
        },
      });
    });

    app.post(
      PATH,
      {
        schema: {
          tags,
          summary: 'Begin an upload (tus 1.0.0): Upload-Length and Upload-Metadata say what; Location says where',
          params: inProject,
          response: { 201: z.null() },
        },
      },
      async (request, reply) => {
        const { projectId } = request.params;
        reply.header('tus-max-size', uploads.mostBytes);
        const lengthBytes = readNumber(request.headers, 'Upload-Length');
        const { name, description, tags, filetype: mediaType } = readMetadata(request.headers['upload-metadata']);
        const actor = await credentials.actorOf(request);
        const upload = await uploads.create(actor, projectId, { name, description, tags, mediaType, lengthBytes });
        reply.header('upload-expires', upload.expiresAt.toUTCString());
        const path = ['', 'api', 'v1', 'projects', projectId, 'uploads', upload.id].map(encodeURIComponent).join('/');
        return reply.code(201).header('location', path).send(null);
      },
    );

    app.head(
      `${PATH}/:uploadId`,
      {
        schema: {
          tags,
          summary: 'Ask how far an upload is (tus 1.0.0): Upload-Offset',
          params: oneUpload,
          response: { 200: z.null() },
        },
      },
      async (request, reply) => {
        const { projectId, uploadId } = request.params;
        const upload = await uploads.get(await credentials.actorOf(request), projectId, uploadId);
        const { offsetBytes, lengthBytes, expiresAt } = upload;
        reply.header('upload-offset', offsetBytes).header('upload-length', lengthBytes);
        return reply.header('upload-expires', expiresAt.toUTCString()).send(null);
      },
    );

    app.patch(
      `${PATH}/:uploadId`,
      {
        schema: {
          tags,
          summary: `Go on with an upload (tus 1.0.0), from Upload-Offset on; ${UPLOAD_PART}`,
          params: oneUpload,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { projectId, uploadId } = request.params;
        const actor = await credentials.actorOf(request);
        const offsetBytes = readNumber(request.headers, 'Upload-Offset');
        if (request.body == null) throw invalidField('Content-Type', `must be ${UPLOAD_PART}`);
        const body = request.body as IncomingMessage;
        body.setTimeout(SILENCE_MS, () => body.destroy());
        // Whoever is refused in the middle of sending must still hear why, so the connection is not taken down with the body.
        const pieces = body.iterator({ destroyOnReturn: false });
        try {
          const content = Confidential.of<AsyncIterable<Uint8Array>>(pieces);
          const upload = await uploads.append(actor, projectId, uploadId, { offsetBytes, content });
          reply.header('upload-offset', upload.offsetBytes).header('upload-expires', upload.expiresAt.toUTCString());
          return reply.code(204).send(null);
        } catch (error) {
          // What still comes is read and thrown away: a connection with something unread in it would never end.
          body.resume();
          throw error;
        } finally {
          body.setTimeout(0);
        }
      },
    );

    app.delete(
      `${PATH}/:uploadId`,
      {
        schema: {
          tags,
          summary:
            'Give an upload up (tus 1.0.0): all that had come is deleted. The header Deletion-Receipt has the receipt',
          params: oneUpload,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { projectId, uploadId } = request.params;
        const receipt = await uploads.cancel(await credentials.actorOf(request), projectId, uploadId);
        reply.header('deletion-receipt', receipt);
        return reply.code(204).send(null);
      },
    );
  }
}

function readNumber(headers: IncomingMessage['headers'], name: 'Upload-Length' | 'Upload-Offset'): number {
  const value = headers[name.toLowerCase()];
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw invalidField(name, 'must be a number of bytes');
}

/** `name` and its value in base64, one space between them, pairs separated by commas; a name may stand without a value. */
function readMetadata(header: string | string[] | undefined) {
  const pairs = [header ?? []].flat().flatMap((text) => text.split(','));
  const given = new Map(pairs.map((pair) => readPair(pair.trim())));
  const name = given.get('name') ?? given.get('filename');
  const tagsText = given.get('tags');
  return parseRequest(uploadMetadata, {
    ...withoutUndefined({ name, filetype: given.get('filetype'), description: given.get('description') }),
    ...(tagsText === undefined ? {} : { tags: readTexts(tagsText) }),
  });
}

function readPair(pair: string): readonly [string, string] {
  const [key = '', value = '', ...rest] = pair.split(' ');
  const bytes = Buffer.from(value, 'base64');
  if (rest.length > 0 || bytes.toString('base64').replace(/=+$/, '') !== value.replace(/=+$/, '')) {
    throw invalidField('Upload-Metadata', 'must be names with their values in base64, separated by commas');
  }
  try {
    return [key, new TextDecoder('utf-8', { fatal: true }).decode(bytes)];
  } catch {
    throw invalidField('Upload-Metadata', 'must hold UTF-8');
  }
}

function readTexts(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidField('tags', 'must be a JSON array of texts');
  }
}

function toUpload({ createdAt, expiresAt, tags: tagged, ...upload }: Upload): ContractUpload {
  return { ...upload, tags: [...tagged], createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}
