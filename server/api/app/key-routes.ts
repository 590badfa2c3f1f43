import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  bindKeyRequest,
  destroyedKey,
  destroyKeyRequest,
  type KeyProvider,
  type KeyRewrap,
  type KeyStatus,
  keyProviderKind,
  keyProviderList,
  keyRewrap,
  keyStatus,
} from '../../../contract/app/index.ts';
import type { KmsProviderEntry, RewrappedKey, WrappingKeyStatus } from '../../keys/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Keys'];

/** Which key wraps the project keys of an account or a project, and what becomes of it. */
export function keyRoutes(services: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  const { wrappingKeys } = services;
  return async (app) => {
    app.get(
      '/key-providers',
      {
        schema: {
          tags,
          summary: 'List the key providers of which your account may bind a key',
          response: { 200: keyProviderList },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const listed = await wrappingKeys.listProviders(actor);
        return { items: listed.map((entry, index) => toProvider(entry, actor.accountId, index === 0)) };
      },
    );
    await app.register(routesOfOneKey('/account/key', 'the account', services, credentials));
    await app.register(routesOfOneKey('/projects/:projectId/key', 'a project', services, credentials));
  };
}

/** The same operations for the key of the account and of a project. */
function routesOfOneKey(
  path: '/account/key' | '/projects/:projectId/key',
  whose: string,
  { wrappingKeys }: ApiServices,
  credentials: Credentials,
): FastifyPluginAsyncZod {
  const ofProject = path !== '/account/key';
  const params = ofProject ? z.object({ projectId: z.string() }) : z.object({});
  const targetOf = ({ projectId }: { readonly projectId?: string }) => (projectId === undefined ? {} : { projectId });

  return async (app) => {
    app.get(
      path,
      { schema: { tags, summary: `Get the key of ${whose}`, params, response: { 200: keyStatus } } },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return toStatus(await wrappingKeys.status(actor, targetOf(request.params)), ofProject);
      },
    );

    app.put(
      path,
      {
        schema: {
          tags,
          summary: `Bind ${whose} to a key, and wrap its project keys by it`,
          params,
          body: bindKeyRequest,
          response: { 200: keyRewrap },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const bound = await wrappingKeys.bind(actor, targetOf(request.params), withoutUndefined(request.body));
        return toRewrap(bound, ofProject);
      },
    );

    app.delete(
      path,
      {
        schema: {
          tags,
          summary: `Let the level above decide the key of ${whose}, and wrap its project keys by that one`,
          params,
          response: { 200: keyRewrap },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return toRewrap(await wrappingKeys.unbind(actor, targetOf(request.params)), ofProject);
      },
    );

    app.post(
      `${path}/rotate`,
      {
        schema: {
          tags,
          summary: `Rotate the key of ${whose}: wrap its project keys anew; no sealed object is touched`,
          params,
          response: { 200: keyRewrap },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return toRewrap(await wrappingKeys.rotate(actor, targetOf(request.params)), ofProject);
      },
    );

    const stateChanges = {
      disable: `Disable the key of ${whose}: nothing that it seals opens until it is enabled`,
      enable: `Enable the key of ${whose}; after a destruction, start over with new project keys`,
    } as const;
    for (const [change, summary] of Object.entries(stateChanges) as ['disable' | 'enable', string][]) {
      app.post(
        `${path}/${change}`,
        { schema: { tags, summary, params, response: { 200: keyStatus } } },
        async (request) => {
          const actor = await credentials.actorOf(request);
          return toStatus(await wrappingKeys[change](actor, targetOf(request.params)), ofProject);
        },
      );
    }

    app.post(
      `${path}/destroy`,
      {
        schema: {
          tags,
          summary: `Destroy the project keys of ${whose}: what they sealed is gone for good`,
          params,
          body: destroyKeyRequest,
          response: { 200: destroyedKey },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return { ...(await wrappingKeys.destroy(actor, targetOf(request.params), request.body)) };
      },
    );
  };
}

function toProvider(entry: KmsProviderEntry, accountId: string, isStandard: boolean): KeyProvider {
  const { id, displayName, kind } = entry;
  const needsKeyId = entry.ownKeyOf(accountId) === undefined;
  return { id, displayName, kind: keyProviderKind.parse(kind), isStandard, needsKeyId };
}

function toStatus(status: WrappingKeyStatus, ofProject: boolean): KeyStatus {
  const { key, bindings, provider, atProvider, projectKeys, mayMakeVersions } = status;
  const own = ofProject ? bindings.project : bindings.account;
  const { lastWrappedAt, ...counts } = projectKeys;
  return {
    providerId: key.providerId,
    providerName: provider?.displayName ?? key.providerId,
    ...(provider === undefined ? {} : { kind: keyProviderKind.parse(provider.kind) }),
    keyId: key.keyId,
    boundAt: key.boundAt,
    state: own?.state ?? 'enabled',
    ...(ofProject ? { accountState: bindings.account?.state ?? 'enabled' } : {}),
    provider: { ...atProvider },
    projectKeys: {
      ...counts,
      ...(lastWrappedAt === undefined ? {} : { lastWrappedAt: lastWrappedAt.toISOString() }),
    },
    mayMakeVersions,
    ...(own === undefined ? {} : { changedAt: own.changedAt.toISOString() }),
  };
}

function toRewrap({ status, rewrap }: RewrappedKey, ofProject: boolean): KeyRewrap {
  const { rewrapped, remaining, fault } = rewrap;
  return {
    ...toStatus(status, ofProject),
    rewrapped,
    remaining,
    ...(fault === undefined ? {} : { problem: fault.message }),
  };
}
