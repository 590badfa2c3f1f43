import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { exportQuery, type ImportEvent, importRequest } from '../../../contract/app/index.ts';
import { BYTES } from '../content-answer.ts';
import type { Credentials } from '../credentials.ts';
import { abortOnDisconnect, EventStream } from '../event-stream.ts';
import { withoutUndefined } from '../optional.ts';
import { toAppError } from '../request-error.ts';
import type { ApiServices } from '../services.ts';
import { toProblem } from './problem.ts';

const tags = ['Projects'];
const params = z.object({ projectId: z.string() });
const ZIP = 'application/zip';
/** An archive may have two hundred thousand small files. */
const PROGRESS_INTERVAL_MS = 200;
const file = { schema: z.string() };

/** Whole projects, out as an archive and in from one. */
export function archiveRoutes({ archives, clock }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/projects/:projectId/export',
      {
        // A HEAD would export the project, and record that, for nobody to read.
        exposeHeadRoute: false,
        schema: {
          tags,
          summary: 'Take the whole project away as a zip, or as a zip encrypted to an age recipient',
          params,
          querystring: exportQuery,
          response: { 200: { content: { [ZIP]: file, [BYTES]: file } } },
        },
      },
      async (request, reply) => {
        const { projectId } = request.params;
        const { recipient } = request.query;
        const actor = await credentials.actorOf(request);
        const content = await archives.export(actor, projectId, withoutUndefined({ recipient }));
        const isEncrypted = recipient !== undefined;
        return (
          reply
            .type(isEncrypted ? BYTES : ZIP)
            .header(
              'content-disposition',
              `attachment; filename="cloister-project-${projectId}.zip${isEncrypted ? '.age' : ''}"`,
            )
            // Sent as it is, piece by piece; the route's type knows the whole. A fault in the middle breaks the connection.
            .send(Readable.from(content.reveal('write-response'), { objectMode: false }) as unknown as string)
        );
      },
    );

    app.post(
      '/projects/:projectId/import',
      {
        schema: {
          tags,
          summary: 'Take an uploaded archive in; answers with server-sent events',
          params,
          body: importRequest,
        },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const signal = abortOnDisconnect(reply);
        let stream: EventStream | undefined;
        let imported = { assets: 0, sizeBytes: 0 };
        let toldAtMs = Number.NEGATIVE_INFINITY;
        const send = async (event: ImportEvent) => {
          // What is refused before anything is made is an ordinary answer.
          stream ??= new EventStream(reply);
          await stream.send(JSON.stringify(event));
        };
        try {
          const result = await archives.import(actor, request.params.projectId, request.body, {
            signal,
            async onProgress(progress) {
              if (progress.type === 'progress') {
                imported = progress.imported;
                if (clock.monotonicMs() - toldAtMs < PROGRESS_INTERVAL_MS) return;
                toldAtMs = clock.monotonicMs();
              }
              await send(progress);
            },
          });
          await send({ type: 'done', ...result });
        } catch (error) {
          if (stream === undefined) throw error;
          await send({ type: 'error', imported, problem: toProblem(toAppError(error), request.id) });
        } finally {
          stream?.end();
        }
      },
    );
  };
}
