import { Button, SkeletonText } from '@carbon/react';
import { useState } from 'react';
import { useAuditRetention } from '../../app/api/audit.ts';
import { toApiError } from '../../app/api/client.ts';
import { formatCount } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { RetentionDialog } from './retention-dialog.tsx';

/** For how long events are kept. Owners and administrators decide it. */
export function RetentionSection({ mayChange }: { mayChange: boolean }) {
  const { data: retention, error, isPending, refetch } = useAuditRetention();
  const [isChanging, setIsChanging] = useState(false);
  return (
    <section className="cl-section">
      <h2 className="cl-section__title">How long events are kept</h2>
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText />}
      {retention !== undefined && (
        <p className="cl-section__text">
          {retention.days === null ? (
            <>
              <strong>For as long as the account is there.</strong> No event is removed.
            </>
          ) : (
            <>
              <strong>For {daysInWords(retention.days)}.</strong> Older events are removed for good, and a signed note
              says up to which one.
            </>
          )}
        </p>
      )}
      {retention !== undefined && mayChange && (
        <Button kind="tertiary" size="md" onClick={() => setIsChanging(true)}>
          Change …
        </Button>
      )}
      {isChanging && retention !== undefined && (
        <RetentionDialog current={retention.days} onClose={() => setIsChanging(false)} />
      )}
    </section>
  );
}

const daysInWords = (days: number): string => (days === 1 ? 'one day' : `${formatCount(days)} days`);
