import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ApiKey, CreatedApiKey, CredentialScope } from '../../../contract/app/index.ts';
import { request } from './client.ts';

/** Whose keys: one's own, or those of a service ID. */
export type ApiKeyOwner = 'oneself' | { serviceId: string };

export type NewApiKey = { name: string; scope: CredentialScope; expiresAt: string | null };

const pathOf = (owner: ApiKeyOwner): string =>
  owner === 'oneself' ? '/api-keys' : `/service-ids/${owner.serviceId}/api-keys`;

export function useApiKeys(owner: ApiKeyOwner) {
  const path = pathOf(owner);
  return useQuery({
    queryKey: ['api-keys', path],
    queryFn: ({ signal }) => request<{ items: ApiKey[] }>(path, { signal }).then((list) => list.items),
  });
}

export function useApiKeyChanges(owner: ApiKeyOwner) {
  const path = pathOf(owner);
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['api-keys', path] });
  const create = useMutation({
    mutationFn: (body: NewApiKey) => request<CreatedApiKey>(path, { method: 'POST', body }),
    onSuccess: refresh,
    gcTime: 0,
  });
  const rotate = useMutation({
    mutationFn: (id: string) => request<CreatedApiKey>(`${path}/${id}/rotate`, { method: 'POST', body: {} }),
    onSuccess: refresh,
    gcTime: 0,
  });
  const remove = useMutation({
    mutationFn: (id: string) => request<void>(`${path}/${id}`, { method: 'DELETE' }),
    onSuccess: refresh,
  });
  return { create, rotate, remove };
}
