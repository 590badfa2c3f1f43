import { useCallback, useEffect, useRef, useState } from 'react';
import type { SessionEntry } from '../../../../contract/app/index.ts';
import { type ApiError, toApiError } from '../../../app/api/client.ts';
import { listSessionEntries } from '../../../app/api/prompt-sessions.ts';

const PAGE_SIZE = 20;

type Entries = {
  items: readonly SessionEntry[];
  /** Of the next page; null: there is none, undefined: nothing was loaded yet. */
  next: string | null | undefined;
  isLoading: boolean;
  error: ApiError | undefined;
};

const nothingLoaded: Entries = { items: [], next: undefined, isLoading: true, error: undefined };

/** Opens the entries of a session page by page, the newest first. They are content: only the page that shows them holds them. */
export function useSessionEntries(projectId: string, sessionId: string) {
  const [entries, setEntries] = useState(nothingLoaded);
  const leaving = useRef(new AbortController());

  const load = useCallback(
    async (cursor: string | undefined) => {
      const { signal } = leaving.current;
      setEntries((before) => ({ ...before, isLoading: true, error: undefined }));
      try {
        const page = await listSessionEntries(projectId, sessionId, { limit: PAGE_SIZE, cursor, signal });
        setEntries(({ items }) => ({
          items: [...items, ...page.items],
          next: page.nextCursor ?? null,
          isLoading: false,
          error: undefined,
        }));
      } catch (thrown) {
        if (!signal.aborted) setEntries((before) => ({ ...before, isLoading: false, error: toApiError(thrown) }));
      }
    },
    [projectId, sessionId],
  );

  useEffect(() => {
    leaving.current = new AbortController();
    setEntries(nothingLoaded);
    void load(undefined);
    return () => leaving.current.abort();
  }, [load]);

  return {
    ...entries,
    loadMore: () => void load(entries.next ?? undefined),
    drop: (number: number) =>
      setEntries((before) => ({ ...before, items: before.items.filter((item) => item.number !== number) })),
  };
}
