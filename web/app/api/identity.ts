import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ApiKey, CreatedApiKey, Session } from '../../../contract/app/index.ts';
import { ApiError, request } from './client.ts';

export type SetUpRequest = { token: string; accountName: string; name: string; email: string; password: string };

export const setUpState = (): Promise<{ needed: boolean }> => request('/setup');
export const setUp = (body: SetUpRequest): Promise<Session> =>
  request('/setup', { method: 'POST', body, mayBeSignedOut: true });
export const signIn = (body: { email: string; password: string }): Promise<Session> =>
  request('/session', { method: 'POST', body, mayBeSignedOut: true });
export const signOut = (): Promise<void> => request('/session', { method: 'DELETE', mayBeSignedOut: true });

/** Who is signed in; `null` when nobody is. */
export async function findSession(): Promise<Session | null> {
  return request<Session>('/session', { mayBeSignedOut: true }).catch((error: unknown) => {
    if (error instanceof ApiError && error.problem.status === 401) return null;
    throw error;
  });
}

const apiKeysKey = ['api-keys'];

export function useApiKeys() {
  return useQuery({
    queryKey: apiKeysKey,
    queryFn: ({ signal }) => request<{ items: ApiKey[] }>('/api-keys', { signal }).then((list) => list.items),
  });
}

export function useApiKeyChanges() {
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: apiKeysKey });
  const create = useMutation({
    mutationFn: (name: string) => request<CreatedApiKey>('/api-keys', { method: 'POST', body: { name } }),
    onSuccess: refresh,
    gcTime: 0,
  });
  const remove = useMutation({
    mutationFn: (id: string) => request<void>(`/api-keys/${id}`, { method: 'DELETE' }),
    onSuccess: refresh,
  });
  return { create, remove };
}
