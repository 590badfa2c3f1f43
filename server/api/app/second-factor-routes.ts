import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  addPasskeyRequest,
  type Passkey as ContractPasskey,
  confirmTotpRequest,
  passkey,
  passkeyList,
  passkeyOptions,
  passkeyOptionsRequest,
  passkeyRequest,
  reauthentication,
  recoveryCodes,
  secondFactorRequest,
  signInResult,
  totpEnrolment,
} from '../../../contract/app/index.ts';
import { Secret } from '../../core/index.ts';
import type { Passkey, PasskeyStep } from '../../identity/index.ts';
import { type Credentials, openRoute, originOf, requireSameOrigin } from '../credentials.ts';
import type { ApiServices } from '../services.ts';
import { type Site, siteOriginOf } from '../site-origin.ts';
import type { SessionAnswers } from './session-answers.ts';

const ownTags = ['Profile'];
const sessionTags = ['Session'];
/** The body may be left out by somebody who has no password, or has just signed in. */
const mayHavePassword = reauthentication.nullable().default(null);

/** Second factors and passkeys: signing in with them, and setting up one's own. */
export function secondFactorRoutes(
  { signInWays }: ApiServices,
  credentials: Credentials,
  answers: SessionAnswers,
  site: Site,
): FastifyPluginAsyncZod {
  const { secondFactorSignIn, secondFactors, passkeySignIn, passkeys } = signInWays;
  return async (app) => {
    app.post(
      '/session/second-factor',
      {
        ...openRoute,
        schema: {
          tags: sessionTags,
          summary: 'Go on with a code',
          body: secondFactorRequest,
          response: { 200: signInResult },
        },
      },
      async (request, reply) => {
        requireSameOrigin(request);
        const { stepToken, ...rest } = request.body;
        const origin = originOf(request);
        const session = await secondFactorSignIn.complete({ ...rest, stepToken: new Secret(stepToken), origin });
        return answers.signIn(reply, { state: 'signed-in', session });
      },
    );

    app.post(
      '/session/passkey/options',
      {
        ...openRoute,
        schema: {
          tags: sessionTags,
          summary: 'Ask for a passkey',
          body: passkeyOptionsRequest,
          response: { 200: passkeyOptions },
        },
      },
      async (request) => {
        requireSameOrigin(request);
        const { stepToken } = request.body;
        const secondFactor = stepToken === undefined ? [] : [new Secret(stepToken)];
        return toPasskeyOptions(
          await passkeySignIn.begin(siteOriginOf(request, site), originOf(request), ...secondFactor),
        );
      },
    );

    app.post(
      '/session/passkey',
      {
        ...openRoute,
        schema: {
          tags: sessionTags,
          summary: 'Sign in with a passkey',
          body: passkeyRequest,
          response: { 200: signInResult },
        },
      },
      async (request, reply) => {
        requireSameOrigin(request);
        const { stepToken, response } = request.body;
        const session = await passkeySignIn.complete(new Secret(stepToken), response, originOf(request));
        return answers.signIn(reply, { state: 'signed-in', session });
      },
    );

    app.post(
      '/profile/totp',
      {
        schema: {
          tags: ownTags,
          summary: 'Begin with an authenticator app',
          body: mayHavePassword,
          response: { 200: totpEnrolment },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const { secret, uri } = await secondFactors.beginTotp(actor, passwordOf(request.body), originOf(request));
        return { secret: secret.expose(), uri: uri.expose() };
      },
    );

    app.post(
      '/profile/totp/confirm',
      {
        schema: {
          tags: ownTags,
          summary: 'Confirm the authenticator app with a code',
          body: confirmTotpRequest,
          response: { 200: recoveryCodes },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return toRecoveryCodes(await secondFactors.confirmTotp(actor, request.body.code));
      },
    );

    app.delete(
      '/profile/totp',
      {
        schema: {
          tags: ownTags,
          summary: 'Remove the authenticator app',
          body: mayHavePassword,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        await secondFactors.removeTotp(actor, passwordOf(request.body), originOf(request));
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/profile/recovery-codes',
      {
        schema: {
          tags: ownTags,
          summary: 'Make new recovery codes',
          body: mayHavePassword,
          response: { 200: recoveryCodes },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const password = passwordOf(request.body);
        return toRecoveryCodes(await secondFactors.renewRecoveryCodes(actor, password, originOf(request)));
      },
    );

    app.get(
      '/profile/passkeys',
      { schema: { tags: ownTags, summary: 'List your passkeys', response: { 200: passkeyList } } },
      async (request) => ({ items: (await passkeys.list(await credentials.actorOf(request))).map(toPasskey) }),
    );

    app.post(
      '/profile/passkeys/options',
      {
        schema: {
          tags: ownTags,
          summary: 'Begin with a passkey',
          body: mayHavePassword,
          response: { 200: passkeyOptions },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const [password, at] = [passwordOf(request.body), siteOriginOf(request, site)];
        return toPasskeyOptions(await passkeys.beginRegistration(actor, at, password, originOf(request)));
      },
    );

    app.post(
      '/profile/passkeys',
      {
        schema: { tags: ownTags, summary: 'Add a passkey', body: addPasskeyRequest, response: { 201: passkey } },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const { stepToken, ...rest } = request.body;
        const added = await passkeys.register(actor, { ...rest, stepToken: new Secret(stepToken) });
        return reply.code(201).send(toPasskey(added));
      },
    );

    app.delete(
      '/profile/passkeys/:passkeyId',
      {
        schema: {
          tags: ownTags,
          summary: 'Remove a passkey',
          params: z.object({ passkeyId: z.string() }),
          body: mayHavePassword,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const { passkeyId } = request.params;
        await passkeys.remove(actor, passkeyId, passwordOf(request.body), originOf(request));
        return reply.code(204).send(null);
      },
    );
  };
}

function passwordOf(body: z.output<typeof mayHavePassword>): Secret | undefined {
  return body?.password === undefined ? undefined : new Secret(body.password);
}

function toRecoveryCodes(codes: readonly Secret[]) {
  return { codes: codes.map((code) => code.expose()) };
}

function toPasskeyOptions({ token, options }: PasskeyStep): z.input<typeof passkeyOptions> {
  return { stepToken: token.expose(), options: { ...options } };
}

function toPasskey({ id, name, createdAt, lastUsedAt }: Passkey): ContractPasskey {
  return { id, name, createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null };
}
