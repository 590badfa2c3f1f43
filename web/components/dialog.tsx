import { Modal } from '@carbon/react';
import { type ReactNode, useState } from 'react';
import { type ApiError, toApiError } from '../app/api/client.ts';
import { ProblemNotice } from './problem-notice.tsx';

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
  const [error, setError] = useState<ApiError>();

  async function submit() {
    if (!canSubmit || isBusy) return;
    setIsBusy(true);
    setError(undefined);
    try {
      await onSubmit();
      onClose();
    } catch (thrown) {
      setError(toApiError(thrown));
      setIsBusy(false);
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
        {error !== undefined && <ProblemNotice error={error} />}
        <button type="submit" hidden disabled={!canSubmit} tabIndex={-1} />
      </form>
    </Modal>
  );
}
