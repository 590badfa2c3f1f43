import { CodeSnippet, InlineNotification, Modal } from '@carbon/react';
import type { ReactNode } from 'react';
import { useReturnFocus } from './dialog.tsx';

type ShownOnceDialogProps = {
  title: string;
  /** What it is, for those who hear the page. */
  label: string;
  secret: string;
  /** Why nobody can show it again. */
  warning: string;
  onClose: () => void;
  children?: ReactNode;
};

/** A secret, the only time that anybody sees it. */
export function ShownOnceDialog({ title, label, secret, warning, onClose, children }: ShownOnceDialogProps) {
  useReturnFocus();
  return (
    <Modal
      open
      passiveModal
      size="sm"
      modalHeading={title}
      closeButtonLabel="Close"
      preventCloseOnClickOutside
      selectorPrimaryFocus=".cl-shown-once button"
      onRequestClose={onClose}
    >
      <div className="cl-dialog cl-shown-once">
        {children}
        <InlineNotification kind="warning" lowContrast hideCloseButton title="Copy it now." subtitle={warning} />
        <CodeSnippet type="multi" feedback="Copied" aria-label={label} align="left" wrapText>
          {secret}
        </CodeSnippet>
      </div>
    </Modal>
  );
}
