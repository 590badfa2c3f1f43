import { useCallback, useEffect, useState } from 'react';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { getPromptTemplate } from '../../app/api/prompt-templates.ts';
import { type Draft, draftOf, newDraft } from './draft/draft.ts';
import { draftKey, putDraft } from './draft/draft-store.ts';

type DraftPlace = { projectId: string; templateId: string | undefined; draft: Draft | undefined };

/** Makes the draft when there is none: empty for a new prompt, opened from the project for a saved one. */
export function useDraftLoading({ projectId, templateId, draft }: DraftPlace) {
  const [error, setError] = useState<ApiError>();
  const [attempt, setAttempt] = useState(0);
  const isMissing = draft === undefined;

  useEffect(() => {
    if (!isMissing || attempt < 0) return;
    const key = draftKey(projectId, templateId);
    if (templateId === undefined) {
      putDraft(key, newDraft());
      return;
    }
    const abort = new AbortController();
    getPromptTemplate(projectId, templateId, abort.signal).then(
      (template) => {
        if (!abort.signal.aborted) putDraft(key, draftOf(template));
      },
      (thrown: unknown) => {
        if (!abort.signal.aborted) setError(toApiError(thrown));
      },
    );
    return () => abort.abort();
  }, [projectId, templateId, isMissing, attempt]);

  const retry = useCallback(() => {
    setError(undefined);
    setAttempt((count) => count + 1);
  }, []);
  return { error, retry };
}
