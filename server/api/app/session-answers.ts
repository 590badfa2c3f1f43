import type { FastifyReply } from 'fastify';
import type { Session, SignInResult } from '../../../contract/app/index.ts';
import type { IdentityService, LoginSession, SignIn } from '../../identity/index.ts';
import { sessionCookie } from '../credentials.ts';

/** What every route that may sign somebody in answers: the cookie, and how far the sign-in has come. */
export type SessionAnswers = {
  /** Sets the cookie of a session that has begun. */
  begun(reply: FastifyReply, login: LoginSession): Promise<Session>;
  signIn(reply: FastifyReply, signIn: SignIn): Promise<SignInResult>;
  /** Takes the cookie back, and whatever else the browser keeps of this site. */
  ended(reply: FastifyReply): void;
};

export function createSessionAnswers(identity: IdentityService, isTls: boolean): SessionAnswers {
  const cookie = sessionCookie(isTls);

  async function begun(reply: FastifyReply, { token, actor, expiresAt }: LoginSession): Promise<Session> {
    reply.setCookie(cookie, token.expose(), {
      httpOnly: true,
      sameSite: 'strict',
      secure: isTls,
      path: '/',
      expires: expiresAt,
    });
    const [profile, expiry] = await Promise.all([identity.getProfile(actor), identity.sessionExpiry(token)]);
    return { ...profile, expiresAt: expiry.toISOString() };
  }

  return {
    begun,
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
