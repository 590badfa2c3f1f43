import { useEffect, useState } from 'react';
import type { PromptInput, TokenizeResult, VariableValues } from '../../../contract/app/index.ts';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { tokenize } from '../../app/api/generation.ts';

const WAIT_AFTER_TYPING_MS = 300;

export type TokenCount = {
  result: TokenizeResult | undefined;
  error: ApiError | undefined;
  isCounting: boolean;
  /** False while no model is there to count. */
  canCount: boolean;
};
const nothing: TokenCount = { result: undefined, error: undefined, isCounting: false, canCount: true };

type Question = {
  projectId: string;
  modelId: string | undefined;
  /** The same object as long as nothing of it changed: a long prompt is not compared at each key. */
  prompt: PromptInput | undefined;
  variables: VariableValues;
  /** While an answer grows, the last count stands. */
  isPaused: boolean;
};

/** How many tokens the model would read of `prompt`, a moment after the last change. Older questions are aborted. */
export function useTokenCount({ projectId, modelId, prompt, variables, isPaused }: Question): TokenCount {
  const [count, setCount] = useState<TokenCount>(nothing);

  useEffect(() => {
    if (isPaused) return;
    if (modelId === undefined || prompt === undefined) {
      setCount({ ...nothing, canCount: prompt === undefined });
      return;
    }
    const abort = new AbortController();
    setCount((before) => ({ ...before, isCounting: true, canCount: true }));
    const timer = setTimeout(async () => {
      try {
        const result = await tokenize(projectId, { modelId, prompt, variables }, abort.signal);
        setCount({ ...nothing, result });
      } catch (error) {
        if (!abort.signal.aborted) setCount({ ...nothing, error: toApiError(error) });
      }
    }, WAIT_AFTER_TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [projectId, modelId, prompt, variables, isPaused]);

  return count;
}
