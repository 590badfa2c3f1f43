import { Button } from '@carbon/react';
import { useEffect, useRef, useState } from 'react';
import type { KeyStatus } from '../../../contract/app/index.ts';
import type { KeyPlace } from '../../app/api/keys.ts';
import { rotationWords } from '../../components/key-words.ts';
import { useSay } from '../../components/live-phrases.tsx';
import { SettingsSection } from '../../components/settings-section.tsx';
import { DestroyKeyDialog } from './destroy-key-dialog.tsx';
import { KeyDialog, type KeyDialogKind } from './key-dialogs.tsx';
import { KeyFacts } from './key-facts.tsx';
import { type KeyOutcome, KeyOutcomeNotice } from './key-outcome.tsx';
import { MoveKeyDialog } from './move-key-dialog.tsx';

type KeyViewProps = {
  place: KeyPlace;
  /** Of the project or the account: what is typed before its key is destroyed. */
  name: string;
  /** Of the project or the account. */
  id: string;
  status: KeyStatus;
  mayManage: boolean;
};

type Open = KeyDialogKind | 'move' | 'destroy';

/** The wrapping key of a project or an account: what it is, and, for those who decide it, what can be done with it. */
export function KeyView({ place, name, id, status, mayManage }: KeyViewProps) {
  const [open, setOpen] = useState<Open>();
  const [outcome, setOutcome] = useState<KeyOutcome>();
  const outcomeElement = useRef<HTMLDivElement>(null);
  const say = useSay();
  const close = () => setOpen(undefined);
  const tell = (next: KeyOutcome, phrase: string) => {
    setOutcome(next);
    say(phrase);
  };
  useEffect(() => {
    if (outcome !== undefined) outcomeElement.current?.scrollIntoView({ block: 'nearest' });
  }, [outcome]);

  const of = place === 'account' ? 'account' : 'project';
  const dialogProps = { place, name, status, onClose: close, onDone: tell };
  return (
    <>
      <div ref={outcomeElement}>{outcome !== undefined && <KeyOutcomeNotice outcome={outcome} />}</div>
      <div className="cl-settings">
        <SettingsSection
          title="Wrapping key"
          text="It wraps the keys of projects, which seal everything that is saved. It never touches what is saved itself."
        >
          <KeyFacts status={status} of={of} />
        </SettingsSection>
        {mayManage && <Actions of={of} status={status} onOpen={setOpen} />}
      </div>
      {open === 'move' && <MoveKeyDialog {...dialogProps} />}
      {open === 'destroy' && <DestroyKeyDialog id={id} {...dialogProps} />}
      {open !== undefined && open !== 'move' && open !== 'destroy' && <KeyDialog kind={open} {...dialogProps} />}
    </>
  );
}

type ActionsProps = { of: 'project' | 'account'; status: KeyStatus; onOpen: (open: Open) => void };

function Actions({ of, status, onOpen }: ActionsProps) {
  const { state, boundAt } = status;
  const isHeld = state === 'enabled' && (status.accountState ?? 'enabled') === 'enabled';
  const levelAbove = of === 'project' ? "the account's key" : "the deployment's own key";
  return (
    <>
      {isHeld && (
        <SettingsSection
          title="Rotate"
          text={`${rotationWords(status)} No sealed object is touched, and work goes on meanwhile.`}
        >
          <div className="cl-buttons">
            <Button kind="tertiary" size="md" onClick={() => onOpen('rotate')}>
              Rotate …
            </Button>
          </div>
        </SettingsSection>
      )}
      {isHeld && (
        <SettingsSection
          title="Use another key"
          text={`Wraps the project keys by a key of your choice, at any provider of the deployment${boundAt === of ? `, or by ${levelAbove} again` : ''}.`}
        >
          <div className="cl-buttons">
            <Button kind="tertiary" size="md" onClick={() => onOpen('move')}>
              Choose a key …
            </Button>
            {boundAt === of && (
              <Button kind="ghost" size="md" onClick={() => onOpen('unbind')}>
                {of === 'project' ? "Use the account's key …" : "Use the deployment's own key …"}
              </Button>
            )}
          </div>
        </SettingsSection>
      )}
      {state === 'enabled' ? (
        <SettingsSection
          title="Disable"
          text={`Within a minute nothing that was saved in this ${of} opens, on any server, and nothing is saved; a download that has begun still comes. Nothing is lost, and the key can be enabled again.`}
        >
          <div className="cl-buttons">
            <Button kind="danger--tertiary" size="md" onClick={() => onOpen('disable')}>
              Disable …
            </Button>
          </div>
        </SettingsSection>
      ) : (
        <SettingsSection
          title={state === 'disabled' ? 'Enable' : 'Start over'}
          text={
            state === 'disabled'
              ? 'What was saved opens again at once.'
              : 'What is saved from then on is sealed by new keys. What was destroyed stays gone.'
          }
        >
          <div className="cl-buttons">
            <Button kind="primary" size="md" onClick={() => onOpen('enable')}>
              {state === 'disabled' ? 'Enable …' : 'Start over with a new key …'}
            </Button>
          </div>
        </SettingsSection>
      )}
      {state !== 'destroyed' && (
        <SettingsSection
          title="Destroy"
          text={
            of === 'project'
              ? "Destroys the project's keys. Everything that was saved is gone for good, and so is every copy of the bucket."
              : 'Destroys the keys of all projects of the account. Everything that was saved in any of them is gone for good, and so is every copy of their buckets.'
          }
        >
          <div className="cl-buttons">
            <Button kind="danger--tertiary" size="md" onClick={() => onOpen('destroy')}>
              Destroy …
            </Button>
          </div>
        </SettingsSection>
      )}
    </>
  );
}
