import type { IncomingMessage } from 'node:http';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  bucketObject,
  bucketObjectList,
  bucketSummary,
  type BucketObject as ContractBucketObject,
  deletion,
} from '../../../contract/app/index.ts';
import type { BucketObject } from '../../assets/index.ts';
import { Confidential, invalidField } from '../../core/index.ts';
import { BYTES, bytesAnswer, requestedPartOf, sendContent } from '../content-answer.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Buckets'];
const inProject = z.object({ projectId: z.string() });
const oneObject = inProject.extend({ objectId: z.string() });
const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).optional(),
  cursor: z.string().max(500).optional(),
});

/** The objects of a project's bucket. Their content is streamed in both directions, never collected. */
export function bucketRoutes({ bucketObjects }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/projects/:projectId/bucket',
      {
        schema: {
          tags,
          summary: 'Tell what kind of storage the bucket is in, and how much it holds',
          params: inProject,
          response: { 200: bucketSummary },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const { byType, ...rest } = await bucketObjects.summarise(actor, request.params.projectId);
        return {
          ...rest,
          objects: total(byType.map(({ objects }) => objects)),
          sealedBytes: total(byType.map(({ sealedBytes }) => sealedBytes)),
          byType: [...byType],
        };
      },
    );

    app.get(
      '/projects/:projectId/bucket/objects',
      {
        schema: {
          tags,
          summary: 'List the objects of the bucket, the newest first',
          params: inProject,
          querystring: page,
          response: { 200: bucketObjectList },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const query = withoutUndefined(request.query);
        const { items, ...rest } = await bucketObjects.list(actor, request.params.projectId, query);
        return { items: items.map(toObject), ...rest };
      },
    );

    app.get(
      '/projects/:projectId/bucket/objects/:objectId',
      {
        // A HEAD would open the object, and record that, for nobody to read.
        exposeHeadRoute: false,
        schema: {
          tags,
          summary: 'Open an object of the bucket, or one range of its bytes',
          params: oneObject,
          response: { 200: bytesAnswer, 206: bytesAnswer },
        },
      },
      async (request, reply) => {
        const { projectId, objectId } = request.params;
        const part = requestedPartOf(request);
        const opened = await bucketObjects.open(await credentials.actorOf(request), projectId, objectId, part);
        // Sent as it is, piece by piece; the route's type knows the whole.
        return sendContent(reply as never, opened, objectId) as never;
      },
    );

    await app.register(putRoute(bucketObjects, credentials));

    app.delete(
      '/projects/:projectId/bucket/objects/:objectId',
      {
        schema: {
          tags,
          summary: 'Delete an object of the bucket for good',
          params: oneObject,
          response: { 200: deletion },
        },
      },
      async (request) => {
        const { projectId, objectId } = request.params;
        return { receipt: await bucketObjects.delete(await credentials.actorOf(request), projectId, objectId) };
      },
    );
  };
}

/** In a scope of its own, which reads no other kind of body. */
function putRoute(bucketObjects: ApiServices['bucketObjects'], credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(BYTES, (_request, payload, done) => done(null, payload));
    app.put(
      '/projects/:projectId/bucket/objects/:objectId',
      {
        schema: {
          tags,
          summary: 'Put an object into the bucket (application/octet-stream), under an id that you choose (a UUID)',
          params: oneObject,
          response: { 200: bucketObject },
        },
      },
      async (request) => {
        const { projectId, objectId } = request.params;
        const actor = await credentials.actorOf(request);
        if (request.body == null) throw invalidField('body', `must be the object, sent as ${BYTES}`);
        const body = request.body as IncomingMessage;
        // Whoever is refused in the middle of sending must still hear why, so the connection is not taken down with the body.
        const pieces = body.iterator({ destroyOnReturn: false });
        try {
          const content = Confidential.of<AsyncIterable<Uint8Array>>(pieces);
          return toObject(await bucketObjects.put(actor, projectId, objectId, content));
        } catch (error) {
          // What still comes is read and thrown away: a connection with something unread in it would never end.
          body.resume();
          throw error;
        }
      },
    );
  };
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

function toObject({ objectId, sealedSizeBytes, createdAt, assetId }: BucketObject): ContractBucketObject {
  return { objectId, sealedSizeBytes, createdAt: createdAt.toISOString(), belongsToAsset: assetId !== undefined };
}
