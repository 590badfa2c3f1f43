import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Model } from '../../../contract/app/index.ts';
import { request } from './client.ts';

const modelsKey = ['models'];
const POLL_WHILE_PULLING_MS = 1000;

export function useModels() {
  return useQuery({
    queryKey: modelsKey,
    queryFn: ({ signal }) => request<{ items: Model[] }>('/models', { signal }).then((list) => list.items),
    refetchInterval: (query) =>
      query.state.data?.some((model) => model.installation.state === 'pulling') ? POLL_WHILE_PULLING_MS : false,
  });
}

export function useModelChanges() {
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: modelsKey });
  const pull = useMutation({
    mutationFn: (modelId: string) =>
      request<unknown>(`/models/${encodeURIComponent(modelId)}/pull`, { method: 'POST' }),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: (modelId: string) => request<void>(`/models/${encodeURIComponent(modelId)}`, { method: 'DELETE' }),
    onSuccess: refresh,
  });
  return { pull, remove };
}

/** Whether a model writes text, so that the Prompt Lab can offer it. */
export function isGenerative(model: Model): boolean {
  return model.functions.includes('text_generation') || model.functions.includes('text_chat');
}
