import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  type AssetSearchRequest,
  asset,
  assetList,
  assetListQuery,
  assetSearchRequest,
  type Asset as ContractAsset,
  changeAssetRequest,
  deletion,
} from '../../../contract/app/index.ts';
import type { Asset } from '../../assets/index.ts';
import { bytesAnswer, requestedPartOf, sendContent } from '../content-answer.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Assets'];
const inProject = z.object({ projectId: z.string() });
const oneAsset = inProject.extend({ assetId: z.string() });

/** What is saved in a project, whatever its type: its metadata, and its content as the bytes that were sealed. */
export function assetRoutes({ assets }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  async function list(request: FastifyRequest, projectId: string, asked: AssetSearchRequest) {
    const { q, creator, ...rest } = withoutUndefined(asked);
    const page = await assets.list(await credentials.actorOf(request), projectId, {
      ...rest,
      ...(q ? { search: q } : {}),
      ...(creator ? { createdByUserId: creator } : {}),
      withTotal: true,
    });
    return { ...page, items: page.items.map(toAsset) };
  }

  return async (app) => {
    app.get(
      '/projects/:projectId/assets',
      {
        schema: {
          tags,
          summary: 'List what is saved in a project',
          params: inProject,
          querystring: assetListQuery,
          response: { 200: assetList },
        },
      },
      (request) => list(request, request.params.projectId, request.query),
    );

    app.post(
      '/projects/:projectId/assets/search',
      {
        schema: {
          tags,
          summary: 'List, search and filter what is saved in a project, with no word of it in the address',
          params: inProject,
          body: assetSearchRequest,
          response: { 200: assetList },
        },
      },
      (request) => list(request, request.params.projectId, request.body),
    );

    app.get(
      '/projects/:projectId/assets/:assetId',
      { schema: { tags, summary: 'Get the metadata of an asset', params: oneAsset, response: { 200: asset } } },
      async (request) => {
        const { projectId, assetId } = request.params;
        return toAsset(await assets.get(await credentials.actorOf(request), projectId, assetId));
      },
    );

    app.get(
      '/projects/:projectId/assets/:assetId/content',
      {
        // A HEAD would open the content, and record that, for nobody to read.
        exposeHeadRoute: false,
        schema: {
          tags,
          summary: 'Open the content of an asset as it was saved, or one range of its bytes',
          params: oneAsset,
          response: { 200: bytesAnswer, 206: bytesAnswer },
        },
      },
      async (request, reply) => {
        const { projectId, assetId } = request.params;
        const part = requestedPartOf(request);
        const { opened } = await assets.openStream(await credentials.actorOf(request), projectId, assetId, part);
        // Sent as it is, piece by piece; the route's type knows the whole.
        return sendContent(reply as never, opened, assetId) as never;
      },
    );

    app.patch(
      '/projects/:projectId/assets/:assetId',
      {
        schema: {
          tags,
          summary: 'Rename, describe or tag an asset',
          params: oneAsset,
          body: changeAssetRequest,
          response: { 200: asset },
        },
      },
      async (request) => {
        const { projectId, assetId } = request.params;
        const actor = await credentials.actorOf(request);
        return toAsset(await assets.change(actor, projectId, assetId, withoutUndefined(request.body)));
      },
    );

    app.delete(
      '/projects/:projectId/assets/:assetId',
      { schema: { tags, summary: 'Delete an asset for good', params: oneAsset, response: { 200: deletion } } },
      async (request) => {
        const { projectId, assetId } = request.params;
        return { receipt: await assets.delete(await credentials.actorOf(request), projectId, assetId) };
      },
    );
  };
}

/** What is told of an asset of any type; its type's own routes tell the rest. */
export function toAsset(asset: Asset): ContractAsset {
  const { projectId: _project, revision: _revision, settings: _settings, expiresAt: _expiry, ...told } = asset;
  const { createdAt, updatedAt, tags: kept, ...rest } = told;
  return { ...rest, tags: [...kept], createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
