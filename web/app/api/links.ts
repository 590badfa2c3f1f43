import type { LinkPurpose, SignInResult } from '../../../contract/app/index.ts';
import { request } from './client.ts';

const post = <T>(path: string, body: unknown): Promise<T> =>
  request<T>(path, { method: 'POST', body, mayBeSignedOut: true });

/** What a one-time link is for; it can still be used afterwards. */
export const lookAtLink = (token: string): Promise<LinkPurpose> => post('/links/look', { token });
export const acceptInvitation = (body: { token: string; name: string; password: string }): Promise<SignInResult> =>
  post('/links/accept-invitation', body);
export const resetPassword = (body: { token: string; password: string }): Promise<void> =>
  post('/links/reset-password', body);
