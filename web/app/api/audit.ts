import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { AuditAction, AuditEvent, AuditEventList, AuditRetention } from '../../../contract/app/index.ts';
import { request } from './client.ts';

export type AuditOutcome = AuditEvent['outcome'];

/** What is looked for; absent: everything. Instants are ISO 8601. */
export type AuditFilters = {
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly actions?: readonly AuditAction[];
  readonly outcome?: AuditOutcome;
  readonly projectId?: string;
};

const PAGE_SIZE = 50;
const LARGEST_PAGE = 200;
/** So that a chart never asks for a year of a busy account. */
const MOST_PAGES_TO_COUNT = 10;

const eventsKey = ['audit-events'];
const retentionKey = ['audit-retention'];

function searchOf({ actions = [], ...filters }: AuditFilters): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) search.set(name, value);
  for (const action of actions) search.append('action', action);
  return search;
}

function getEvents(filters: AuditFilters, limit: number, cursor: string | undefined, signal: AbortSignal) {
  const search = searchOf(filters);
  search.set('limit', String(limit));
  if (cursor !== undefined) search.set('cursor', cursor);
  return request<AuditEventList>(`/audit-events?${search}`, { signal });
}

/** The account's audit events, the newest first. */
export function useAuditEvents(filters: AuditFilters) {
  return useInfiniteQuery({
    queryKey: [...eventsKey, 'list', filters],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) => getEvents(filters, PAGE_SIZE, pageParam, signal),
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: (previous) => previous,
    // Whoever looks again means now: their own export is an event too.
    staleTime: 0,
  });
}

export type CountedEvents = { readonly events: readonly Pick<AuditEvent, 'at' | 'outcome'>[]; readonly isCut: boolean };

/** Time and outcome of the newest events, as many as a chart counts. `isCut`: there are older ones that were not counted. */
export function useCountedEvents(filters: AuditFilters) {
  return useQuery({
    queryKey: [...eventsKey, 'count', filters],
    queryFn: async ({ signal }): Promise<CountedEvents> => {
      const events: Pick<AuditEvent, 'at' | 'outcome'>[] = [];
      let cursor: string | undefined;
      for (let pages = 0; pages < MOST_PAGES_TO_COUNT; pages += 1) {
        const { items, nextCursor } = await getEvents(filters, LARGEST_PAGE, cursor, signal);
        events.push(...items.map(({ at, outcome }) => ({ at, outcome })));
        if (nextCursor === undefined) return { events, isCut: false };
        cursor = nextCursor;
      }
      return { events, isCut: true };
    },
    placeholderData: (previous) => previous,
    staleTime: 0,
  });
}

/** How many events are from before `to`: `200` stands for as many or more. */
export function useOlderEvents(to: string, enabled: boolean) {
  return useQuery({
    queryKey: [...eventsKey, 'older', to],
    queryFn: ({ signal }) => getEvents({ to }, LARGEST_PAGE, undefined, signal).then(({ items }) => items.length),
    enabled,
  });
}

/** Where the browser gets the file with these events from. */
export function exportAddress(filters: AuditFilters, format: 'jsonl' | 'csv'): string {
  const search = searchOf(filters);
  search.set('format', format);
  return `/api/v1/audit-events/export?${search}`;
}

export function useAuditRetention() {
  return useQuery({
    queryKey: retentionKey,
    queryFn: ({ signal }) => request<AuditRetention>('/account/audit-retention', { signal }),
  });
}

export function useAuditRetentionChange() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: AuditRetention) => request<void>('/account/audit-retention', { method: 'PUT', body }),
    onSuccess: () =>
      Promise.all([retentionKey, eventsKey].map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}
