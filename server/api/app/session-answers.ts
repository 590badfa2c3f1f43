import type { FastifyReply } from 'fastify';
import type { Session, SignInResult } from '../../../contract/app/index.ts';
import type { Actor, Secret } from '../../core/index.ts';
import type { LoginSession, LoginSessionEnds, Profile, SignIn } from '../../identity/index.ts';
import { sessionCookie } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

/** The last day that RFC 3339 can write. */
const NEVER = new Date('9999-12-31T23:59:59.000Z');

/** What every route that may sign somebody in answers: the cookie, and how far the sign-in has come. */
export type SessionAnswers = {
  /** Sets the cookie of a session that has begun. */
  begun(reply: FastifyReply, login: LoginSession): Promise<Session>;
  /** Who is signed in, and until when. @param token of the login session, unless the actor came by another credential, which has no session that could end */
  lookedUp(actor: Actor, token: Secret | undefined): Promise<Session>;
  signIn(reply: FastifyReply, signIn: SignIn): Promise<SignInResult>;
  /** Takes the cookie back, and whatever else the browser keeps of this site. */
  ended(reply: FastifyReply): void;
};

export function createSessionAnswers(
  { identity, clock }: Pick<ApiServices, 'identity' | 'clock'>,
  isTls: boolean,
): SessionAnswers {
  const cookie = sessionCookie(isTls);

  async function begun(reply: FastifyReply, { token, actor, expiresAt }: LoginSession): Promise<Session> {
    reply.setCookie(cookie, token.expose(), {
      httpOnly: true,
      sameSite: 'strict',
      secure: isTls,
      path: '/',
      expires: expiresAt,
    });
    return ofSession(actor, token);
  }

  async function ofSession(actor: Actor, token: Secret): Promise<Session> {
    const [profile, ends] = await Promise.all([identity.getProfile(actor), identity.sessionEnds(token)]);
    return withEnds(profile, ends);
  }

  /** The server's time goes with it: a browser's clock may be wrong by more than a warning comes before an end. */
  function withEnds(profile: Profile, { expiresAt, latestEndAt }: LoginSessionEnds): Session {
    return {
      ...profile,
      expiresAt: expiresAt.toISOString(),
      latestEndAt: latestEndAt.toISOString(),
      answeredAt: clock.now().toISOString(),
    };
  }

  return {
    begun,
    async lookedUp(actor, token) {
      if (token !== undefined) return ofSession(actor, token);
      return withEnds(await identity.getProfile(actor), { expiresAt: NEVER, latestEndAt: NEVER });
    },
    async signIn(reply, signIn) {
      switch (signIn.state) {
        case 'signed-in':
          return { state: 'signed-in', session: await begun(reply, signIn.session) };
        case 'second-factor':
          return {
            state: 'second-factor',
            stepToken: signIn.step.token.expose(),
            methods: [...signIn.step.methods],
          };
        case 'account-choice':
          return { state: 'account-choice', accounts: signIn.accounts.map(({ id, name }) => ({ id, name })) };
      }
    },
    ended(reply) {
      reply.clearCookie(cookie, { path: '/', secure: isTls });
      reply.header('clear-site-data', '"cache", "cookies", "storage"');
    },
  };
}
