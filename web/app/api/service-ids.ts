import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ServiceId } from '../../../contract/app/index.ts';
import { request } from './client.ts';

const serviceIdsKey = ['service-ids'];

export type ServiceIdChange = { id: string; name?: string; description?: string; isSuspended?: boolean };

export function useServiceIds() {
  return useQuery({
    queryKey: serviceIdsKey,
    queryFn: ({ signal }) => request<{ items: ServiceId[] }>('/service-ids', { signal }).then((list) => list.items),
  });
}

export function useServiceIdChanges() {
  const queryClient = useQueryClient();
  const onSuccess = () => queryClient.invalidateQueries({ queryKey: serviceIdsKey });
  const create = useMutation({
    mutationFn: (body: { name: string; description: string }) =>
      request<ServiceId>('/service-ids', { method: 'POST', body }),
    onSuccess,
  });
  const change = useMutation({
    mutationFn: ({ id, ...body }: ServiceIdChange) =>
      request<ServiceId>(`/service-ids/${id}`, { method: 'PATCH', body }),
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: (id: string) => request<void>(`/service-ids/${id}`, { method: 'DELETE' }),
    // Not waited for: whoever deleted it leaves its page before the list says that it is gone.
    onSuccess: () => void onSuccess(),
  });
  return { create, change, remove };
}
