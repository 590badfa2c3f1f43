import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { forgetWithSession } from '../../../app/page-memory.ts';
import { type Draft, wouldLoseText } from './draft.ts';

/**
 * Every draft that is open in this page, one for each saved prompt and one for a new prompt of each project. They stay while
 * people move between pages, and are forgotten with the login session or when the page is left.
 */
let drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();

export const draftKey = (projectId: string, templateId: string | undefined): string =>
  `${projectId}/${templateId ?? 'new'}`;

export const findDraft = (key: string): Draft | undefined => drafts.get(key);

export function putDraft(key: string, draft: Draft): void {
  drafts = new Map(drafts).set(key, draft);
  notify();
}

export function dropDraft(key: string): void {
  drafts = new Map(drafts);
  drafts.delete(key);
  notify();
}

/** Changes a draft that is there. A forgotten draft stays forgotten, also when the last words of its answer arrive late. */
export function changeDraft(key: string, change: (draft: Draft) => Draft): void {
  const draft = drafts.get(key);
  if (draft !== undefined) putDraft(key, change(draft));
}

export function isAnythingUnsaved(): boolean {
  return [...drafts.values()].some(wouldLoseText);
}

forgetWithSession(() => {
  drafts = new Map();
  notify();
});

/** The draft under `key` (undefined until it exists) and a way to change it. */
export function useDraft(key: string): [Draft | undefined, (change: (draft: Draft) => Draft) => void] {
  const draft = useSyncExternalStore(subscribe, () => drafts.get(key));
  const change = useCallback((next: (draft: Draft) => Draft) => changeDraft(key, next), [key]);
  return [draft, change];
}

/** The browser asks before a reload or a closed tab loses unsaved text. */
export function useLeaveWarning(): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (isAnythingUnsaved()) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, []);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(): void {
  for (const listener of listeners) listener();
}
