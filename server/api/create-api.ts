import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import fastifyFormbody from '@fastify/formbody';
import fastifySwagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { AppError, loggableError, newId } from '../core/index.ts';
import { accountRoutes } from './app/account-routes.ts';
import { apiKeyRoutes } from './app/api-key-routes.ts';
import { archiveRoutes } from './app/archive-routes.ts';
import { assetRoutes } from './app/asset-routes.ts';
import { auditRoutes } from './app/audit-routes.ts';
import { bucketRoutes } from './app/bucket-routes.ts';
import { collaboratorRoutes } from './app/collaborator-routes.ts';
import { generationRoutes } from './app/generation-routes.ts';
import { identityProviderRoutes } from './app/identity-provider-routes.ts';
import { keyRoutes } from './app/key-routes.ts';
import { linkRoutes } from './app/link-routes.ts';
import { modelRoutes } from './app/model-routes.ts';
import { openApiOptions } from './app/open-api.ts';
import { operationRoutes } from './app/operation-routes.ts';
import { peopleRoutes } from './app/people-routes.ts';
import { profileRoutes } from './app/profile-routes.ts';
import { projectRoutes } from './app/project-routes.ts';
import { promptCodeRoutes } from './app/prompt-code-routes.ts';
import { promptLockRoutes } from './app/prompt-lock-routes.ts';
import { promptSessionRoutes } from './app/prompt-session-routes.ts';
import { promptTemplateRoutes } from './app/prompt-template-routes.ts';
import { promptVersionRoutes } from './app/prompt-version-routes.ts';
import { receiptRoutes } from './app/receipt-routes.ts';
import { secondFactorRoutes } from './app/second-factor-routes.ts';
import { serviceIdRoutes } from './app/service-id-routes.ts';
import { createSessionAnswers } from './app/session-answers.ts';
import { sessionRoutes } from './app/session-routes.ts';
import { signingKeyRoutes } from './app/signing-key-routes.ts';
import { uploadRoutes } from './app/upload-routes.ts';
import { Credentials, openRoute } from './credentials.ts';
import { requireKnownHost } from './host-check.ts';
import { readJsonBodies } from './json-body.ts';
import {
  closeServer,
  createNetworkServer,
  listenOnControlSocket,
  listenOnNetwork,
  type NetworkAddress,
} from './listeners.ts';
import { refuseMalformedHttp } from './malformed-http.ts';
import { limitOpenBodies } from './open-body-deadline.ts';
import { openAiGenerationRoutes } from './openai/generation-routes.ts';
import { openAiModelRoutes } from './openai/model-routes.ts';
import { addHealthRoutes } from './operations.ts';
import { refuseBySchema, toAppError } from './request-error.ts';
import { setSecurityHeaders } from './security-headers.ts';
import type { ApiServices } from './services.ts';
import { sendError, surfaceOf } from './surface.ts';
import { cp4dRoutes } from './watsonx/cp4d-routes.ts';
import { foundationModelRoutes } from './watsonx/model-routes.ts';
import { watsonxProjectRoutes } from './watsonx/project-routes.ts';
import { promptLockRoutes as watsonxPromptLockRoutes } from './watsonx/prompt-lock-routes.ts';
import { promptRoutes as watsonxPromptRoutes } from './watsonx/prompt-routes.ts';
import { promptSearchRoute } from './watsonx/prompt-search-route.ts';
import { promptSessionRoutes as watsonxPromptSessionRoutes } from './watsonx/prompt-session-routes.ts';
import { textRoutes } from './watsonx/text-routes.ts';
import { publicKeyRoutes, tokenRoutes } from './watsonx/token-routes.ts';
import { serveWebPages } from './web-pages.ts';

export type Api = {
  /** Listens on the control socket and on the network. @returns the address as people type it. */
  listen(): Promise<string>;
  /** Lets running answers end (10 seconds at most), and stops listening. */
  close(): Promise<void>;
  /** For tests: sends a request without a network. */
  readonly app: FastifyInstance;
  /** Every operation of every surface, for the test that asks of each who may. */
  readonly routes: readonly ApiRoute[];
};

export type ApiRoute = {
  readonly method: string;
  /** The pattern, for example `/api/v1/projects/:projectId`. */
  readonly path: string;
  /** Whether it asks for no credential. */
  readonly isOpen: boolean;
};

export type ApiOptions = {
  readonly services: ApiServices;
  readonly address: NetworkAddress;
  readonly publicUrl?: string;
  /** Addresses and ranges of the reverse proxies that say truly where a request comes from. */
  readonly trustedProxies?: readonly string[];
  /** Where the control socket is. */
  readonly runDirectory: string;
  /** The built web application. */
  readonly webDirectory: string;
  readonly version: string;
};

/** Puts the three surfaces, the web pages and the operations routes on one HTTP server. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { services, address } = options;
  // Behind a proxy that ends TLS, browsers speak TLS all the same.
  const isTls = address.tls !== undefined || options.publicUrl?.startsWith('https:') === true;
  const controlConnections = new WeakSet<Socket>();
  const credentials = new Credentials(services.identity, controlConnections, isTls);
  const sessionAnswers = createSessionAnswers(services, isTls);
  const site = {
    isTls: address.tls !== undefined,
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
  };
  let server: HttpServer | undefined;

  const app = Fastify({
    serverFactory: (handler) => {
      server = createNetworkServer(address, handler as never);
      return server;
    },
    logger: false,
    // Nobody else's `X-Forwarded-For` is read: whoever can name their own address is slowed down at none.
    trustProxy: options.trustedProxies === undefined ? false : [...options.trustedProxies],
    genReqId: () => newId(),
    routerOptions: { maxParamLength: 500 },
    clientErrorHandler: refuseMalformedHttp,
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(reply, isTls);
      void sendError(
        reply as never,
        surfaceOf(pathOf(request as never)),
        new AppError('invalid-argument', 'The path of the request is not valid.', { cause: error }),
        newId(),
      );
    },
  }).withTypeProvider<ZodTypeProvider>();
  const routes: ApiRoute[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    const isOpen = config?.isOpen === true || surfaceOf(url) === 'web';
    for (const one of [method].flat()) routes.push({ method: one, path: url, isOpen });
  });
  app.setValidatorCompiler(refuseBySchema);
  app.setSerializerCompiler(serializerCompiler);
  app.removeAllContentTypeParsers();
  readJsonBodies(app);

  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply, isTls);
    // Clients show it with an error (OpenAI's as `requestID`); it is the trace id that the log has.
    reply.header('x-request-id', request.id);
    // What asks after the server's health (a container's manager) knows it by any address.
    if (credentials.isControlSocket(request) || request.routeOptions.config.isHealth === true) return;
    requireKnownHost(request.headers.host, address.host, options.publicUrl);
  });
  app.setErrorHandler((error, request, reply) => {
    const failure = toAppError(error);
    if (failure.code === 'internal')
      services.logger.error('a request failed', {
        requestId: request.id,
        ...routeOf(request),
        error: loggableError(error),
      });
    return sendError(reply, surfaceOf(pathOf(request)), failure, request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const durationMs = Math.round(reply.elapsedTime);
    services.logger.info('request', {
      requestId: request.id,
      ...routeOf(request),
      status: reply.statusCode,
      durationMs,
    });
  });

  await app.register(fastifyCookie);
  limitOpenBodies(app as never);
  // Before the body is read: nobody without a credential makes the server hold one.
  app.addHook('onRequest', async (request) => {
    if (request.is404) {
      if (!mayBePage(request)) throw noSuchPath();
    } else if (surfaceOf(request.routeOptions.url ?? '/') !== 'web' && request.routeOptions.config.isOpen !== true) {
      await credentials.actorOf(request);
    }
  });
  await app.register(fastifySwagger, openApiOptions(options.version));
  await app.register(
    async (surface) => {
      await surface.register(sessionRoutes(services, credentials, sessionAnswers));
      await surface.register(secondFactorRoutes(services, credentials, sessionAnswers, site));
      await surface.register(identityProviderRoutes(services, sessionAnswers, site));
      await surface.register(linkRoutes(services, sessionAnswers));
      await surface.register(profileRoutes(services, credentials));
      await surface.register(accountRoutes(services, credentials));
      await surface.register(peopleRoutes(services, credentials));
      await surface.register(apiKeyRoutes(services, credentials));
      await surface.register(serviceIdRoutes(services, credentials));
      await surface.register(signingKeyRoutes(services, credentials));
      await surface.register(projectRoutes(services, credentials));
      await surface.register(archiveRoutes(services, credentials));
      await surface.register(collaboratorRoutes(services, credentials));
      await surface.register(bucketRoutes(services, credentials));
      await surface.register(keyRoutes(services, credentials));
      await surface.register(assetRoutes(services, credentials));
      await surface.register(uploadRoutes(services, credentials));
      await surface.register(promptTemplateRoutes(services, credentials));
      await surface.register(promptVersionRoutes(services, credentials));
      await surface.register(promptLockRoutes(services, credentials));
      await surface.register(promptSessionRoutes(services, credentials));
      await surface.register(promptCodeRoutes(services, credentials));
      await surface.register(receiptRoutes(services, credentials));
      await surface.register(modelRoutes(services, credentials));
      await surface.register(generationRoutes(services, credentials));
      await surface.register(auditRoutes(services, credentials));
      await surface.register(operationRoutes(services, credentials));
      surface.get('/openapi.json', { ...openRoute, schema: { hide: true } }, async () => app.swagger());
    },
    { prefix: '/api/v1' },
  );
  await app.register(async (surface) => {
    // Only IBM's token route takes a form.
    await surface.register(fastifyFormbody);
    await surface.register(tokenRoutes(services));
  });
  await app.register(publicKeyRoutes(services));
  await app.register(cp4dRoutes(services));
  await app.register(textRoutes(services, credentials));
  await app.register(foundationModelRoutes(services, credentials));
  await app.register(watsonxProjectRoutes(services, credentials));
  await app.register(watsonxPromptRoutes(services, credentials));
  await app.register(watsonxPromptLockRoutes(services, credentials));
  await app.register(promptSearchRoute(services, credentials));
  await app.register(watsonxPromptSessionRoutes(services, credentials));
  await app.register(openAiGenerationRoutes(services, credentials));
  await app.register(openAiModelRoutes(services, credentials));
  addHealthRoutes(app, services);
  const sendWebPage = serveWebPages(app, options.webDirectory);
  app.setNotFoundHandler((request, reply) => {
    if (mayBePage(request)) return sendWebPage(reply);
    return sendError(reply, surfaceOf(pathOf(request)), noSuchPath(), request.id);
  });

  let closeControlSocket: (() => Promise<void>) | undefined;
  return {
    app,
    routes,
    async listen() {
      await app.ready();
      const url = await listenOnNetwork(app, address);
      closeControlSocket = await listenOnControlSocket(app, options.runDirectory, controlConnections);
      return url;
    },
    async close() {
      await closeControlSocket?.();
      if (server?.listening) await closeServer(server);
      await app.close();
    },
  };
}

/** The route's pattern: what is in the address itself may be content. */
function routeOf(request: FastifyRequest): { method: string; route: string } {
  return { method: request.method, route: request.routeOptions.url ?? '(none)' };
}

/** Whether the web application may have a page of that address: it looks for itself. */
function mayBePage(request: FastifyRequest): boolean {
  const path = pathOf(request);
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  return isReading && surfaceOf(path) === 'web' && !path.startsWith('/assets/');
}

function noSuchPath(): AppError {
  return new AppError('not-found', 'There is no such path here.', { details: { reason: 'path-not-found' } });
}

function pathOf(request: Pick<FastifyRequest, 'url'>): string {
  return request.url.split('?', 1)[0] ?? '/';
}
