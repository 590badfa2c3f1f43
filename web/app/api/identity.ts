import { useQuery } from '@tanstack/react-query';
import type { Session, SignInResult } from '../../../contract/app/index.ts';
import { ApiError, request } from './client.ts';
import { askForPasskey, type PasskeyStep } from './passkeys.ts';

export type SetUpRequest = { token: string; accountName: string; name: string; email: string; password: string };
export type SignInRequest = { email: string; password: string; accountId?: string };
export type SecondFactorRequest = { stepToken: string; method: 'totp' | 'recovery-code'; code: string };

const post = <T>(path: string, body: unknown): Promise<T> =>
  request<T>(path, { method: 'POST', body, mayBeSignedOut: true });

export const setUpState = (): Promise<{ needed: boolean }> => request('/setup', { mayBeSignedOut: true });
export const setUp = (body: SetUpRequest): Promise<Session> => post('/setup', body);
export const signIn = (body: SignInRequest): Promise<SignInResult> => post('/session', body);
export const giveSecondFactor = (body: SecondFactorRequest): Promise<SignInResult> =>
  post('/session/second-factor', body);
export const signOut = (): Promise<void> => request('/session', { method: 'DELETE', mayBeSignedOut: true });

/** Asks the browser for a passkey: as second factor of the step, or without one instead of a password. */
export async function signInWithPasskey(stepToken?: string): Promise<SignInResult> {
  const step = await post<PasskeyStep>('/session/passkey/options', stepToken === undefined ? {} : { stepToken });
  const response = await askForPasskey(step);
  return post('/session/passkey', { stepToken: step.stepToken, response });
}

/** Who is signed in; `null` when nobody is. */
export async function findSession(): Promise<Session | null> {
  return request<Session>('/session', { mayBeSignedOut: true }).catch((error: unknown) => {
    if (error instanceof ApiError && error.problem.status === 401) return null;
    throw error;
  });
}

/** Other places where people of this deployment can sign in. */
export function useIdentityProviders() {
  return useQuery({
    queryKey: ['identity-providers'],
    queryFn: ({ signal }) =>
      request<{ items: { id: string; name: string }[] }>('/identity-providers', { signal, mayBeSignedOut: true }).then(
        (list) => list.items,
      ),
  });
}

export const identityProviderLink = (id: string): string =>
  `/api/v1/identity-providers/${encodeURIComponent(id)}/sign-in`;
