import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Candidate, Collaborator, Project } from '../../../contract/app/index.ts';
import { request } from './client.ts';

export type ProjectRole = Project['role'];

const collaboratorsKey = (projectId: string) => ['collaborators', projectId];
const pathOf = (projectId: string, userId = '') =>
  `/projects/${projectId}/collaborators${userId === '' ? '' : `/${userId}`}`;

export function useCollaborators(projectId: string) {
  return useQuery({
    queryKey: collaboratorsKey(projectId),
    queryFn: ({ signal }) =>
      request<{ items: Collaborator[] }>(pathOf(projectId), { signal }).then((list) => list.items),
  });
}

/** People and service IDs of the account that could be given something in the project; `query` looks in their names. */
export function useCandidates(projectId: string, query: string) {
  return useQuery({
    queryKey: ['candidates', projectId, query],
    queryFn: ({ signal }) =>
      request<{ items: Candidate[] }>(`/projects/${projectId}/candidates/search`, {
        method: 'POST',
        body: { q: query },
        signal,
      }).then((list) => list.items),
    placeholderData: (previous) => previous,
    gcTime: 0,
  });
}

export function useCollaboratorChanges(projectId: string) {
  const queryClient = useQueryClient();
  const refresh = () =>
    Promise.all(
      [collaboratorsKey(projectId), ['projects']].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
  const put = useMutation({
    mutationFn: ({ userId, role }: { userId: string; role: ProjectRole }) =>
      request<void>(pathOf(projectId, userId), { method: 'PUT', body: { role } }),
    // When one of several was refused, the others are there all the same.
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: (userId: string) => request<void>(pathOf(projectId, userId), { method: 'DELETE' }),
    // Not waited for: whoever removes themselves leaves the page first, and it never says that their project is not found.
    onSuccess: (_, userId) => {
      queryClient.setQueryData<Collaborator[]>(collaboratorsKey(projectId), (before) =>
        before?.filter((collaborator) => collaborator.userId !== userId),
      );
      void refresh();
    },
  });
  return { put, remove };
}
