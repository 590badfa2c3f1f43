import { Close } from '@carbon/icons-react';
import { Button, IconButton } from '@carbon/react';
import { saveFile } from './save-file.ts';

export type Receipt = {
  /** What was deleted, as the line says it. */
  readonly what: string;
  /** Of what was deleted; names the file. */
  readonly id: string;
  /** A compact JWS. */
  readonly receipt: string;
};

type ReceiptLineProps = { receipt: Receipt; onClose: () => void; className?: string };

/** Says that something was deleted for good, and offers the signed proof of it until the line is closed. */
export function ReceiptLine({ receipt: { what, id, receipt }, onClose, className = '' }: ReceiptLineProps) {
  return (
    <div className={`cl-receipt-line ${className}`}>
      <span className="cl-receipt-line__text">{what} was deleted.</span>
      <Button kind="ghost" size="sm" onClick={() => saveFile(deletionReceiptFile(id), receipt)}>
        Save receipt
      </Button>
      <IconButton label="Close" kind="ghost" size="sm" align="left" onClick={onClose}>
        <Close />
      </IconButton>
    </div>
  );
}

export const deletionReceiptFile = (id: string): string => `deletion-receipt-${id}.jws`;
