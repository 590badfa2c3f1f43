import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { DestroyedKey, KeyProvider, KeyRewrap, KeyStatus } from '../../../contract/app/index.ts';
import { request } from './client.ts';

/** Whose wrapping key it is. */
export type KeyPlace = { readonly projectId: string } | 'account';

const keyPath = (place: KeyPlace, action = ''): string =>
  `${place === 'account' ? '/account' : `/projects/${place.projectId}`}/key${action}`;

/** @param staleTimeMs the server asks the provider each time, which may be far away */
export function useKeyStatus(place: KeyPlace, staleTimeMs = 10_000) {
  return useQuery({
    queryKey: ['key', place],
    queryFn: ({ signal }) => request<KeyStatus>(keyPath(place), { signal }),
    staleTime: staleTimeMs,
  });
}

/** The KMS providers of which the account may bind a key. */
export function useKeyProviders() {
  return useQuery({
    queryKey: ['key-providers'],
    queryFn: ({ signal }) => request<{ items: KeyProvider[] }>('/key-providers', { signal }).then((list) => list.items),
  });
}

export type KeyChoice = { readonly providerId: string; readonly keyId?: string };

export function useKeyChanges(place: KeyPlace) {
  const queryClient = useQueryClient();
  // Whether anything of the project, or of every project, opens may be different afterwards.
  const onSettled = () => queryClient.invalidateQueries();
  const post = <T>(action: string, body?: unknown) => request<T>(keyPath(place, action), { method: 'POST', body });
  return {
    bind: useMutation({
      mutationFn: (body: KeyChoice) => request<KeyRewrap>(keyPath(place), { method: 'PUT', body }),
      onSettled,
    }),
    unbind: useMutation({
      mutationFn: () => request<KeyRewrap>(keyPath(place), { method: 'DELETE' }),
      onSettled,
    }),
    rotate: useMutation({ mutationFn: () => post<KeyRewrap>('/rotate'), onSettled }),
    disable: useMutation({ mutationFn: () => post<KeyStatus>('/disable'), onSettled }),
    enable: useMutation({ mutationFn: () => post<KeyStatus>('/enable'), onSettled }),
    destroy: useMutation({
      mutationFn: (confirmation: string) => post<DestroyedKey>('/destroy', { confirmation }),
      onSettled,
    }),
  };
}
