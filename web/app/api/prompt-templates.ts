import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Deletion, PromptContent, PromptTemplate, PromptTemplateSummary } from '../../../contract/app/index.ts';
import { request } from './client.ts';

type PromptTemplatePage = { items: PromptTemplateSummary[]; nextCursor?: string };
type Change = { id: string; name?: string; description?: string; content?: PromptContent };

const PAGE_SIZE = 50;
const pathOf = (projectId: string, id = '') => `/projects/${projectId}/prompt-templates${id === '' ? '' : `/${id}`}`;
const listKey = (projectId: string) => ['prompt-templates', projectId];

/** The project's saved prompts, newest change first; `query` looks in names. */
export function usePromptTemplates(projectId: string, query: string) {
  return useInfiniteQuery({
    queryKey: [...listKey(projectId), query],
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) => {
      const body = { limit: PAGE_SIZE, q: query, ...(pageParam === '' ? {} : { cursor: pageParam }) };
      return request<PromptTemplatePage>(pathOf(projectId, 'search'), { method: 'POST', body, signal });
    },
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: (previous) => previous,
  });
}

/** One saved prompt with its content. Kept in the page's draft only, so no cache holds a second copy. */
export const getPromptTemplate = (projectId: string, id: string, signal: AbortSignal): Promise<PromptTemplate> =>
  request(pathOf(projectId, id), { signal });

export function usePromptTemplateChanges(projectId: string) {
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: listKey(projectId) });
  const save = useMutation({
    mutationFn: (body: { name: string; description: string; content: PromptContent }) =>
      request<PromptTemplateSummary>(pathOf(projectId), { method: 'POST', body }),
    onSuccess: refresh,
    gcTime: 0,
  });
  const change = useMutation({
    mutationFn: ({ id, ...body }: Change) =>
      request<PromptTemplateSummary>(pathOf(projectId, id), { method: 'PATCH', body }),
    onSuccess: refresh,
    gcTime: 0,
  });
  const remove = useMutation({
    mutationFn: (id: string) => request<Deletion>(pathOf(projectId, id), { method: 'DELETE' }),
    onSuccess: refresh,
  });
  return { save, change, remove };
}
