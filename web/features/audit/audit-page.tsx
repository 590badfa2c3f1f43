import { Download } from '@carbon/icons-react';
import { Button, CodeSnippet, SkeletonText } from '@carbon/react';
import { useMemo, useState } from 'react';
import { managesPeople, readsAuditLog } from '../../app/account-roles.ts';
import { exportAddress, useAuditEvents } from '../../app/api/audit.ts';
import { toApiError } from '../../app/api/client.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { useSession } from '../../app/session.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { chartDays, localDayOf, startOf } from './days.ts';
import { EventsChart } from './events-chart.tsx';
import { EventsTable } from './events-table.tsx';
import { daysOf, type FilterState, filtersOf, isFiltered, noFilter } from './filter-state.ts';
import { RetentionSection } from './retention-section.tsx';
import { useNames } from './use-names.ts';

/** The account's audit log, for those whose role lets them read it. */
export function AuditPage() {
  const role = useSession().session?.user.role;
  if (role === undefined || !readsAuditLog(role)) return <NotFoundPage />;
  return <AuditLog mayManage={managesPeople(role)} />;
}

function AuditLog({ mayManage }: { mayManage: boolean }) {
  const [state, setState] = useState<FilterState>(noFilter);
  const [today] = useState(() => localDayOf(new Date()));
  const filters = useMemo(() => filtersOf(state, today), [state, today]);
  const { first, last } = daysOf(state, today);
  const days = chartDays(first, last, today);
  const list = useAuditEvents(filters);
  const events = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const { names, choices } = useNames(events);

  return (
    <Page
      title="Audit log"
      lead="Who did what, when, and whether they were let. Events hold identifiers, and never a word of content."
      actions={
        <>
          <Button as="a" kind="tertiary" renderIcon={Download} href={exportAddress(filters, 'jsonl')} download>
            Export JSON Lines
          </Button>
          <Button as="a" kind="tertiary" renderIcon={Download} href={exportAddress(filters, 'csv')} download>
            Export CSV
          </Button>
        </>
      }
    >
      <AuditFilters state={state} choices={choices} onChange={setState} />
      {days[0] !== undefined && (
        <EventsChart days={days} filters={{ ...filters, from: startOf(days[0]).toISOString() }} />
      )}
      {list.error !== null && <ProblemNotice error={toApiError(list.error)} retry={() => void list.refetch()} />}
      {list.isPending && <SkeletonText paragraph lineCount={8} />}
      {list.isSuccess && events.length === 0 && (
        <p className="cl-note">
          {isFiltered(state) ? 'No event is like this.' : 'Nothing has happened in this account yet.'}
        </p>
      )}
      {events.length > 0 && (
        <EventsTable
          events={events}
          names={names}
          isStale={list.isPlaceholderData}
          onNarrow={(part) => setState((before) => ({ ...before, ...part }))}
        />
      )}
      {list.hasNextPage && (
        <Button kind="ghost" size="md" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {list.isFetchingNextPage ? 'Loading …' : 'Show older events'}
        </Button>
      )}
      <RetentionSection mayChange={mayManage} />
      <section className="cl-section">
        <h2 className="cl-section__title">Proof that nothing was altered</h2>
        <p className="cl-section__text">
          Every event carries the hash of the one before it, and the end of the chain is signed. On the server, this
          command reads the whole log and finds any event that was altered, removed or put in another place. With{' '}
          <code>--anchor</code> and a file kept elsewhere, it also finds a log that was put back to an older state.
        </p>
        <CodeSnippet type="single" feedback="Copied" aria-label="Verify command">
          npx cloister audit verify
        </CodeSnippet>
      </section>
    </Page>
  );
}
