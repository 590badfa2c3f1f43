import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { LoginSession, Passkey, Profile, TotpEnrolment } from '../../../contract/app/index.ts';
import { request } from './client.ts';
import { makePasskey, type PasskeyStep } from './passkeys.ts';

const profileKey = ['profile'];
const passkeysKey = ['profile', 'passkeys'];
const sessionsKey = ['profile', 'sessions'];

type Codes = { codes: string[] };

export function useProfile() {
  return useQuery({
    queryKey: profileKey,
    queryFn: ({ signal }) => request<Profile>('/profile', { signal }),
  });
}

export function usePasskeys() {
  return useQuery({
    queryKey: passkeysKey,
    queryFn: ({ signal }) => request<{ items: Passkey[] }>('/profile/passkeys', { signal }).then((list) => list.items),
  });
}

export function useLoginSessions() {
  return useQuery({
    queryKey: sessionsKey,
    queryFn: ({ signal }) =>
      request<{ items: LoginSession[] }>('/profile/sessions', { signal }).then((list) => list.items),
  });
}

/** `request` as a mutation after which everything of the profile is read again. Answers with secrets are forgotten at once. */
function useProfileChange<Body, Answer>(mutationFn: (body: Body) => Promise<Answer>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: profileKey }),
    gcTime: 0,
  });
}

const post = <T>(path: string, body?: unknown) => request<T>(path, { method: 'POST', body });
/** What weakens a sign-in takes the password, where the person has one; what adds to it does some time after the sign-in. */
const withPassword = (password: string | undefined) => (password === undefined ? {} : { password });

export const useRename = () =>
  useProfileChange((name: string) => request<Profile>('/profile', { method: 'PATCH', body: { name } }));

export const useChangePassword = () =>
  useProfileChange((body: { currentPassword: string; newPassword: string }) => post<void>('/profile/password', body));

export function useTotpChanges() {
  return {
    begin: useProfileChange((password: string | undefined) =>
      post<TotpEnrolment>('/profile/totp', withPassword(password)),
    ),
    confirm: useProfileChange((code: string) => post<Codes>('/profile/totp/confirm', { code })),
    remove: useProfileChange((password: string | undefined) =>
      request<void>('/profile/totp', { method: 'DELETE', body: withPassword(password) }),
    ),
    renewRecoveryCodes: useProfileChange((password: string | undefined) =>
      post<Codes>('/profile/recovery-codes', withPassword(password)),
    ),
  };
}

export function usePasskeyChanges() {
  return {
    add: useProfileChange(async ({ name, password }: { name: string; password: string | undefined }) => {
      const step = await post<PasskeyStep>('/profile/passkeys/options', withPassword(password));
      const response = await makePasskey(step);
      return post<Passkey>('/profile/passkeys', { stepToken: step.stepToken, name, response });
    }),
    remove: useProfileChange(({ id, password }: { id: string; password: string | undefined }) =>
      request<void>(`/profile/passkeys/${id}`, { method: 'DELETE', body: withPassword(password) }),
    ),
  };
}

export function useSessionChanges() {
  return {
    end: useProfileChange((id: string) => request<void>(`/profile/sessions/${id}`, { method: 'DELETE' })),
    endOthers: useProfileChange<void, void>(() => request('/profile/sessions', { method: 'DELETE' })),
  };
}
