import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type {
  Asset,
  CodeLanguage,
  NotebookSdk,
  PromptCode,
  PromptContent,
  VariableValues,
} from '../../../contract/app/index.ts';
import { type ApiError, request, toApiError } from './client.ts';

type Prompt = { content: PromptContent; values: VariableValues };

/** Code that runs a prompt, made anew for each language. It holds the prompt, so no cache keeps it. */
export function usePromptCode(projectId: string, prompt: Prompt, language: CodeLanguage) {
  const [made, setMade] = useState<{ language: CodeLanguage; code?: PromptCode; error?: ApiError }>();
  useEffect(() => {
    const asked = new AbortController();
    const body = { ...prompt, language };
    request<PromptCode>(`/projects/${projectId}/prompt-code`, { method: 'POST', body, signal: asked.signal }).then(
      (code) => setMade({ language, code }),
      (thrown) => {
        if (!asked.signal.aborted) setMade({ language, error: toApiError(thrown) });
      },
    );
    return () => asked.abort();
  }, [projectId, prompt, language]);
  return made?.language === language ? made : undefined;
}

/** Saves a notebook that runs a prompt, as an asset of the project. */
export function useSaveNotebook(projectId: string) {
  return useMutation({
    mutationFn: (body: Prompt & { name: string; description: string; sdk: NotebookSdk }) =>
      request<Asset>(`/projects/${projectId}/notebooks`, { method: 'POST', body }),
    gcTime: 0,
  });
}
