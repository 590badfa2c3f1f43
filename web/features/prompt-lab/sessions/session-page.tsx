import { Button, SkeletonText } from '@carbon/react';
import { type ReactNode, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router-dom';
import type { Project, PromptSessionSummary, SessionEntryContent } from '../../../../contract/app/index.ts';
import { toApiError } from '../../../app/api/client.ts';
import { useProjects } from '../../../app/api/projects.ts';
import { usePromptSession } from '../../../app/api/prompt-sessions.ts';
import { NotFoundPage } from '../../../app/not-found-page.tsx';
import { EmptyState } from '../../../components/empty-state.tsx';
import { formatDayAndTime } from '../../../components/format.ts';
import { useSay } from '../../../components/live-phrases.tsx';
import { Page } from '../../../components/page.tsx';
import { PageProblem } from '../../../components/page-problem.tsx';
import { PageWaiting } from '../../../components/page-waiting.tsx';
import { ProblemNotice } from '../../../components/problem-notice.tsx';
import { type Receipt, ReceiptLine } from '../../../components/receipt-line.tsx';
import { wouldLoseText } from '../draft/draft.ts';
import { draftKey, findDraft, putDraft } from '../draft/draft-store.ts';
import { type SessionDialog, SessionDialogs } from './session-dialogs.tsx';
import { SessionEntryView } from './session-entry-view.tsx';
import { SESSION_LIMITS } from './session-limits.ts';
import { draftOfEntry } from './submitted-prompt.ts';
import { useSessionEntries } from './use-session-entries.ts';

/** A prompt session, to be read: what was submitted and answered, the newest first. */
export function SessionPage() {
  const { projectId = '', sessionId = '' } = useParams();
  const projects = useProjects();
  const [deleted, setDeleted] = useState<Receipt>();
  if (projects.error !== null) {
    return <PageProblem error={toApiError(projects.error)} retry={() => void projects.refetch()} />;
  }
  const project = projects.data?.find((candidate) => candidate.id === projectId);
  if (project === undefined) return projects.isFetching ? <PageWaiting /> : <NotFoundPage />;
  const back = <Link to={`/projects/${projectId}/assets`}>Assets</Link>;
  if (deleted?.id === sessionId) {
    return (
      <Page title="Prompt session" heading="The session was deleted" back={back}>
        <ReceiptLine receipt={deleted} onClose={() => setDeleted(undefined)} />
      </Page>
    );
  }
  return <FoundSession key={sessionId} {...{ project, sessionId, back, onDeleted: setDeleted }} />;
}

type FoundSessionProps = {
  project: Project;
  sessionId: string;
  back: ReactNode;
  onDeleted: (receipt: Receipt) => void;
};

function FoundSession({ project, sessionId, back, onDeleted }: FoundSessionProps) {
  const found = usePromptSession(project.id, sessionId);
  if (found.data !== undefined) {
    const shared = { project, session: found.data, back };
    return project.role === 'viewer' ? <ClosedSession {...shared} /> : <Session {...shared} onDeleted={onDeleted} />;
  }
  if (found.error === null) return <PageWaiting />;
  const error = toApiError(found.error);
  if (error.problem.status !== 404) return <PageProblem error={error} retry={() => void found.refetch()} />;
  return (
    <Page title="Prompt session" heading="This session is not here any more" back={back}>
      <p className="cl-note">
        A prompt session is gone {SESSION_LIMITS.days} days after it was saved, by itself, or it was deleted. The
        project's audit log says which.
      </p>
    </Page>
  );
}

type SessionProps = Omit<FoundSessionProps, 'sessionId'> & { session: PromptSessionSummary };

/** For Viewers, whose page asks for no entry, not even to be refused. */
function ClosedSession({ project, session, back }: Omit<SessionProps, 'onDeleted'>) {
  return (
    <Page title="Prompt session" heading={session.name} back={back}>
      <p className="cl-note">
        Saved {formatDayAndTime(session.createdAt)} by {session.createdBy}, gone {formatDayAndTime(session.expiresAt)}.
        You are a Viewer of <strong>{project.name}</strong>: you see that this session is there. Opening it takes the
        Editor role, which an Admin of the project can give you.
      </p>
    </Page>
  );
}

function Session({ project: { id: projectId }, session, back, onDeleted }: SessionProps) {
  const entries = useSessionEntries(projectId, session.id);
  const [dialog, setDialog] = useState<SessionDialog>();
  const [receipt, setReceipt] = useState<Receipt>();
  const navigate = useNavigate();
  const say = useSay();

  function open(entry: SessionEntryContent) {
    putDraft(draftKey(projectId, undefined), draftOfEntry(entry));
    void navigate(`/projects/${projectId}/lab`);
  }
  function askToOpen(entry: SessionEntryContent) {
    const unsaved = findDraft(draftKey(projectId, undefined));
    if (unsaved !== undefined && wouldLoseText(unsaved)) setDialog({ kind: 'replace', entry });
    else open(entry);
  }

  return (
    <Page
      title="Prompt session"
      heading={session.name}
      back={back}
      lead={
        <>
          {session.description !== '' && <>{session.description} · </>}
          Saved {formatDayAndTime(session.createdAt)} by {session.createdBy}, gone {formatDayAndTime(session.expiresAt)}
          . Keeps up to {SESSION_LIMITS.entries} prompts; the oldest go first.
        </>
      }
      actions={
        <Button kind="danger--tertiary" size="md" onClick={() => setDialog({ kind: 'delete' })}>
          Delete session …
        </Button>
      }
    >
      {receipt !== undefined && <ReceiptLine receipt={receipt} onClose={() => setReceipt(undefined)} />}
      {entries.next === null && entries.items.length === 0 && (
        <EmptyState title="Nothing was submitted in this session yet">
          <p>Prompts come here while the Prompt Lab says that it records in this session.</p>
        </EmptyState>
      )}
      <ul className="cl-entries" aria-label="Submitted prompts" aria-busy={entries.isLoading}>
        {entries.items.map((entry) => (
          <li key={entry.id} className="cl-entries__item">
            <SessionEntryView
              entry={entry}
              onOpen={askToOpen}
              onDelete={() => setDialog({ kind: 'delete-entry', number: entry.number })}
            />
          </li>
        ))}
      </ul>
      {entries.isLoading && <SkeletonText paragraph lineCount={5} />}
      {entries.error !== undefined && <ProblemNotice error={entries.error} retry={entries.loadMore} />}
      {typeof entries.next === 'string' && !entries.isLoading && entries.error === undefined && (
        <Button kind="ghost" size="md" onClick={entries.loadMore}>
          Show more
        </Button>
      )}
      <SessionDialogs
        projectId={projectId}
        session={session}
        dialog={dialog}
        onClose={() => setDialog(undefined)}
        onReplace={open}
        onEntryDeleted={(number, signed) => {
          const gone = entries.items.find((entry) => entry.number === number);
          entries.drop(number);
          setReceipt({ what: `Prompt ${number}`, id: gone?.id ?? session.id, receipt: signed });
          say('Prompt deleted');
        }}
        onDeleted={(signed) => onDeleted({ what: session.name, id: session.id, receipt: signed })}
      />
    </Page>
  );
}
