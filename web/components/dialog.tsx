import { InlineLoading, Modal } from '@carbon/react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { type ApiError, toApiError } from '../app/api/client.ts';
import { ProblemNotice } from './problem-notice.tsx';

/** Work that is over sooner shows no progress: it would only flash. */
const SLOW_AFTER_MS = 1000;

type DialogProps = {
  title: string;
  submitLabel: string;
  cancelLabel?: string;
  isDangerous?: boolean;
  canSubmit?: boolean;
  onClose: () => void;
  /** Does the work; the dialog closes when it succeeds and shows what went wrong when it does not. */
  onSubmit: () => Promise<unknown>;
  children: ReactNode;
};

/** A question with one answer that does something. Mount it to open it. */
export function Dialog(props: DialogProps) {
  const {
    title,
    submitLabel,
    cancelLabel = 'Cancel',
    isDangerous = false,
    canSubmit = true,
    onClose,
    onSubmit,
  } = props;
  const [isBusy, setIsBusy] = useState(false);
  const [isSlow, setIsSlow] = useState(false);
  const [error, setError] = useState<ApiError>();
  const problem = useRef<HTMLDivElement>(null);
  useReturnFocus();

  useEffect(() => {
    const scroller = problem.current?.closest('.cds--modal-content');
    if (error !== undefined) scroller?.scrollTo(0, scroller.scrollHeight);
  }, [error]);

  async function submit() {
    if (!canSubmit || isBusy) return;
    setIsBusy(true);
    setError(undefined);
    const timer = setTimeout(() => setIsSlow(true), SLOW_AFTER_MS);
    try {
      await onSubmit();
      onClose();
    } catch (thrown) {
      setError(toApiError(thrown));
      setIsBusy(false);
    } finally {
      clearTimeout(timer);
      setIsSlow(false);
    }
  }

  return (
    <Modal
      open
      size="sm"
      danger={isDangerous}
      modalHeading={title}
      primaryButtonText={isBusy ? 'Working …' : submitLabel}
      primaryButtonDisabled={!canSubmit || isBusy}
      secondaryButtonText={cancelLabel}
      closeButtonLabel="Close"
      onRequestClose={() => {
        if (!isBusy) onClose();
      }}
      onRequestSubmit={() => void submit()}
      selectorPrimaryFocus="[data-modal-primary-focus]"
    >
      <form
        className="cl-dialog"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {props.children}
        {isSlow && <InlineLoading description="Still working …" aria-live="polite" />}
        {error !== undefined && (
          <div ref={problem}>
            <ProblemNotice error={error} />
          </div>
        )}
        <button type="submit" hidden disabled={!canSubmit} tabIndex={-1} />
      </form>
    </Modal>
  );
}

/** Gives the focus back to what opened the dialog, or to the page's heading when that is gone. */
export function useReturnFocus(): void {
  const [opener] = useState(findOpener);
  useEffect(
    () => () => {
      requestAnimationFrame(() => {
        if (document.activeElement !== null && document.activeElement !== document.body) return;
        const isThere = opener instanceof HTMLElement && opener.isConnected && opener !== document.body;
        (isThere ? opener : document.querySelector<HTMLElement>('main h1'))?.focus();
      });
    },
    [opener],
  );
}

let lastOpener: Element | null = null;

/**
 * What has the focus now. A menu's item goes away with its menu, so there it is the menu's button; a dialog that follows another one goes
 * back to where the first was opened.
 */
function findOpener(): Element | null {
  const focused = document.activeElement;
  const isOfPage = focused !== null && focused !== document.body && focused.closest('[role="dialog"]') === null;
  if (!isOfPage) return lastOpener;
  const isInMenu = focused.closest('[role="menu"]') !== null;
  lastOpener = isInMenu ? document.querySelector('.cds--overflow-menu[aria-expanded="true"]') : focused;
  return lastOpener;
}
