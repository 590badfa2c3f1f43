import { InlineNotification, NumberInput, RadioButton, RadioButtonGroup } from '@carbon/react';
import { useDeferredValue, useState } from 'react';
import { useAuditRetentionChange, useOlderEvents } from '../../app/api/audit.ts';
import { Dialog } from '../../components/dialog.tsx';
import { formatDay } from '../../components/format.ts';
import { useSay } from '../../components/live-phrases.tsx';

type RetentionDialogProps = { current: number | null; onClose: () => void };

const USUAL_DAYS = 365;
const MOST_DAYS = 36_500;
const COUNTED = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Keeping events for a shorter time removes what is older, so it says first what that is. */
export function RetentionDialog({ current, onClose }: RetentionDialogProps) {
  const change = useAuditRetentionChange();
  const say = useSay();
  const [openedAt] = useState(() => Date.now());
  const [isForEver, setIsForEver] = useState(current === null);
  const [typed, setTyped] = useState(current ?? USUAL_DAYS);
  const isValid = Number.isInteger(typed) && typed >= 1 && typed <= MOST_DAYS;
  const days = isForEver ? null : typed;
  const isShorter = days !== null && isValid && (current === null || days < current);
  const keptSince = new Date(openedAt - (isValid ? typed : 0) * DAY_MS).toISOString();
  const older = useOlderEvents(useDeferredValue(keptSince), isShorter);

  return (
    <Dialog
      title="How long are events kept?"
      submitLabel={isShorter ? 'Remove older events' : 'Save'}
      isDangerous={isShorter}
      canSubmit={(isForEver || isValid) && days !== current && (!isShorter || older.isSuccess)}
      onClose={onClose}
      onSubmit={async () => {
        await change.mutateAsync({ days });
        say('Changed how long events are kept');
      }}
    >
      <RadioButtonGroup
        legendText="Keep events"
        name="retention"
        orientation="vertical"
        valueSelected={isForEver ? 'for-ever' : 'days'}
        onChange={(value) => setIsForEver(value === 'for-ever')}
      >
        <RadioButton id="retention-for-ever" value="for-ever" labelText="For as long as the account is there" />
        <RadioButton id="retention-days" value="days" labelText="For a number of days" />
      </RadioButtonGroup>
      {!isForEver && (
        <NumberInput
          id="retention-number"
          label="Days"
          min={1}
          max={MOST_DAYS}
          step={1}
          value={typed}
          invalid={!isValid}
          invalidText="A whole number from 1 to 36,500."
          onChange={(_, { value }) => setTyped(typeof value === 'number' ? value : Number.parseFloat(value))}
        />
      )}
      {isShorter && (
        <InlineNotification
          kind="warning"
          lowContrast
          hideCloseButton
          title={`Events from before ${formatDay(keptSince)} are removed for good.`}
          subtitle={`${olderInWords(older.data)} From then on every event is removed when it is that old. Nobody can bring them back; export them first if you may need them.`}
        />
      )}
    </Dialog>
  );
}

function olderInWords(count: number | undefined): string {
  if (count === undefined) return 'Counting them …';
  if (count === 0) return 'There is none now.';
  if (count >= COUNTED) return `There are ${COUNTED} or more now.`;
  return count === 1 ? 'There is one now.' : `There are ${count} now.`;
}
