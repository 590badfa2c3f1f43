import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Deletion, Project } from '../../../contract/app/index.ts';
import { request } from './client.ts';

const projectsKey = ['projects'];

export function useProjects() {
  return useQuery({
    queryKey: projectsKey,
    queryFn: ({ signal }) => request<{ items: Project[] }>('/projects', { signal }).then((list) => list.items),
  });
}

export function useProjectChanges() {
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: projectsKey });
  const create = useMutation({
    mutationFn: (body: { name: string; description: string }) =>
      request<Project>('/projects', { method: 'POST', body }),
    onSuccess: refresh,
  });
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: string; name?: string; description?: string }) =>
      request<Project>(`/projects/${id}`, { method: 'PATCH', body }),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: (id: string) => request<Deletion>(`/projects/${id}`, { method: 'DELETE' }),
    // Not waited for: the page has the receipt before it hears that the project is gone.
    onSuccess: () => {
      void refresh();
    },
  });
  return { create, change, remove };
}
