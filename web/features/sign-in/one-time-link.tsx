import { Button, InlineNotification, SkeletonText } from '@carbon/react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import type { LinkPurpose, Session } from '../../../contract/app/index.ts';
import { useFragment } from '../../app/address-fragment.ts';
import { toApiError } from '../../app/api/client.ts';
import { lookAtLink } from '../../app/api/links.ts';
import { useSession } from '../../app/session.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { useSubmit } from '../../components/use-submit.ts';
import { Entrance } from './entrance.tsx';

type Purpose = LinkPurpose['purpose'];
type OneTimeLinkProps<P extends Purpose> = {
  purpose: P;
  pathname: '/invitation' | '/password-reset';
  title: string;
  /** The page once the link was looked at and is good. */
  children: (link: Extract<LinkPurpose, { purpose: P }>, token: string) => ReactNode;
};

/** Everything that a one-time link can turn out to be, before it is used. */
export function OneTimeLink<P extends Purpose>({ purpose, pathname, title, children }: OneTimeLinkProps<P>) {
  const { session, error: sessionError, refresh } = useSession();
  const token = useFragment(pathname);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['link', token],
    queryFn: () => lookAtLink(token ?? ''),
    enabled: token !== undefined && session === null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });

  if (token === undefined) {
    return (
      <Entrance title={title} lead="This page needs the one-time link.">
        <InlineNotification
          kind="warning"
          lowContrast
          hideCloseButton
          title="The link is incomplete."
          subtitle="Open the whole link that you were sent. It is lost when the page is reloaded: open it again from where you have it."
        />
        <Link to="/sign-in">Sign in instead</Link>
      </Entrance>
    );
  }
  if (session != null) return <SignedInAlready title={title} session={session} />;
  if (error !== null) {
    const problem = toApiError(error);
    const mayWorkLater = problem.problem.status === 0 || problem.problem.status >= 429;
    return (
      <Entrance title={title} lead={mayWorkLater ? 'The link could not be looked at.' : 'This link can’t be used.'}>
        {mayWorkLater ? (
          <ProblemNotice error={problem} retry={() => void refetch()} />
        ) : (
          <InlineNotification
            kind="error"
            lowContrast
            hideCloseButton
            title="The link was used, taken back, or has expired."
            subtitle="A link works once and for a limited time. Ask whoever sent it for a new one."
          />
        )}
        <Link to="/sign-in">Sign in instead</Link>
      </Entrance>
    );
  }
  if (session === undefined && sessionError !== undefined) {
    return (
      <Entrance title={title} lead="The link could not be looked at.">
        <ProblemNotice error={sessionError} retry={refresh} />
      </Entrance>
    );
  }
  if (isPending || session === undefined) {
    return (
      <Entrance title={title} lead="Looking at your link …">
        <div aria-busy="true">
          <SkeletonText paragraph lineCount={4} />
        </div>
      </Entrance>
    );
  }
  if (!isFor(data, purpose)) {
    return (
      <Entrance title={title} lead="This link is for something else.">
        <InlineNotification
          kind="error"
          lowContrast
          hideCloseButton
          title="Its address was changed."
          subtitle="Open the link exactly as it was sent to you."
        />
      </Entrance>
    );
  }
  return children(data, token);
}

function isFor<P extends Purpose>(link: LinkPurpose, purpose: P): link is Extract<LinkPurpose, { purpose: P }> {
  return link.purpose === purpose;
}

/** A link is for one person; whoever has this browser open now may be another one. */
function SignedInAlready({ title, session }: { title: string; session: Session }) {
  const { end } = useSession();
  const { isBusy, error, submit } = useSubmit();
  return (
    <Entrance title={title} lead={`You are signed in as ${session.user.name}.`}>
      <p className="cl-entrance__lead">
        The link begins something new. Sign out first; text that you did not save is deleted from the page.
      </p>
      {error !== undefined && <ProblemNotice error={error} />}
      <Button disabled={isBusy} onClick={() => void submit(end)}>
        Sign out and go on
      </Button>
      <Link to="/projects">Stay signed in</Link>
    </Entrance>
  );
}
