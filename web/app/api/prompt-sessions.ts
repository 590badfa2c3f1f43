import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Deletion, PromptSessionSummary, SessionEntry, SessionEntryContent } from '../../../contract/app/index.ts';
import { request } from './client.ts';

export type SessionEntryPage = { items: SessionEntry[]; nextCursor?: string };

const pathOf = (projectId: string, id = '') => `/projects/${projectId}/prompt-sessions${id === '' ? '' : `/${id}`}`;
const summaryKey = (projectId: string, id: string) => ['prompt-session', projectId, id];

/** What is known of a prompt session without opening it. */
export function usePromptSession(projectId: string, id: string) {
  return useQuery({
    queryKey: summaryKey(projectId, id),
    queryFn: ({ signal }) => request<PromptSessionSummary>(pathOf(projectId, id), { signal }),
  });
}

/** One page of opened entries, the newest first. They hold content, so that no cache keeps them. */
export function listSessionEntries(
  projectId: string,
  id: string,
  page: { limit: number; cursor: string | undefined; signal: AbortSignal },
): Promise<SessionEntryPage> {
  const query = new URLSearchParams({ limit: String(page.limit) });
  if (page.cursor !== undefined) query.set('cursor', page.cursor);
  return request(`${pathOf(projectId, id)}/entries?${query}`, { signal: page.signal });
}

/** Adds a submitted prompt; the same entry id again adds nothing. */
export const addSessionEntry = (
  projectId: string,
  sessionId: string,
  added: { id: string; entry: SessionEntryContent },
  signal: AbortSignal,
): Promise<Omit<SessionEntry, 'entry'>> =>
  request(`${pathOf(projectId, sessionId)}/entries`, { method: 'POST', body: added, signal });

export function usePromptSessionChanges(projectId: string) {
  const queryClient = useQueryClient();
  const refresh = () =>
    Promise.all(
      [
        ['prompt-session', projectId],
        ['assets', projectId],
        ['bucket-objects', projectId],
        ['bucket-summary', projectId],
      ].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
  const save = useMutation({
    mutationFn: (body: { name: string; description: string }) =>
      request<PromptSessionSummary>(pathOf(projectId), { method: 'POST', body }),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: (id: string) => request<Deletion>(pathOf(projectId, id), { method: 'DELETE' }),
    onSuccess: refresh,
  });
  const removeEntry = useMutation({
    mutationFn: ({ id, number }: { id: string; number: number }) =>
      request<Deletion>(`${pathOf(projectId, id)}/entries/${number}`, { method: 'DELETE' }),
    onSuccess: refresh,
  });
  return { save, remove, removeEntry };
}
