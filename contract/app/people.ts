import { z } from 'zod';
import { displayName, id, instant } from './common.ts';
import { accountRole, email, newPassword, secondFactorMethod } from './identity.ts';

/** `GET /account`, `PATCH /account` */
export const account = z.strictObject({ id, name: displayName, createdAt: instant });
export type Account = z.infer<typeof account>;
export const changeAccountRequest = z.strictObject({ name: displayName });

/** `GET /people`; `PATCH`, `DELETE /people/{id}` */
export const person = z.strictObject({
  id,
  name: displayName,
  email,
  role: accountRole,
  isSuspended: z.boolean(),
  /** Only for those who manage people; otherwise empty. */
  secondFactors: z.array(secondFactorMethod),
  createdAt: instant,
});
export type Person = z.infer<typeof person>;
export const personList = z.strictObject({ items: z.array(person) });
/** A suspended person can't sign in, their keys don't work, and their projects stay as they are. */
export const changePersonRequest = z
  .strictObject({ role: accountRole.optional(), isSuspended: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, 'role or isSuspended is needed');

/** `GET`, `POST /invitations`; `DELETE /invitations/{id}` */
export const invitation = z.strictObject({
  id,
  email,
  role: accountRole,
  createdAt: instant,
  expiresAt: instant,
});
export type Invitation = z.infer<typeof invitation>;
export const invitationList = z.strictObject({ items: z.array(invitation) });
export const createInvitationRequest = z.strictObject({ email, role: accountRole.default('member') });
/** The only answer that ever holds the link: it works once. It is sent by e-mail too where the deployment has a mail server. */
export const createdLink = z.strictObject({ link: z.string(), expiresAt: instant, wasSent: z.boolean() });
export type CreatedLink = z.infer<typeof createdLink>;

/** `POST /people/{id}/password-reset` answers with {@link createdLink}; `POST /people/{id}/second-factor-reset` takes theirs away; `DELETE /people/{id}/sessions` signs them out everywhere. */

/** `POST /links/look`: what a one-time link is for, before it is used. */
export const lookAtLinkRequest = z.strictObject({ token: z.string().min(1).max(200) });
export const linkPurpose = z.discriminatedUnion('purpose', [
  z.strictObject({
    purpose: z.literal('invitation'),
    accountName: displayName,
    email,
    role: accountRole,
    expiresAt: instant,
  }),
  z.strictObject({ purpose: z.literal('password-reset'), accountName: displayName, email, expiresAt: instant }),
]);
export type LinkPurpose = z.infer<typeof linkPurpose>;

/** `POST /links/accept-invitation`: joins the account and signs in, as `POST /session` answers. */
export const acceptInvitationRequest = z.strictObject({
  token: z.string().min(1).max(200),
  name: displayName,
  password: newPassword,
});
/** `POST /links/reset-password`: ends every session of the person; they sign in with it then (a second factor stays). */
export const resetPasswordRequest = z.strictObject({ token: z.string().min(1).max(200), password: newPassword });

/**
 * `GET`, `POST /accounts`, `DELETE /accounts/{id}`, `POST /accounts/{id}/invitations`: all accounts of the deployment; only over the control
 * socket. The last one answers with {@link createdLink}.
 */
export const accountList = z.strictObject({ items: z.array(account) });
export const createAccountRequest = z.strictObject({ name: displayName, ownerEmail: email });
/** For an account in which nobody is yet: the link of before ends. */
export const inviteOwnerRequest = z.strictObject({ ownerEmail: email });
/** The new account, and the link by which its first owner joins it. */
export const createdAccount = z.strictObject({ account, invitation: createdLink });
