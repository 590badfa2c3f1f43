import { Download } from '@carbon/icons-react';
import { Button, CodeSnippet } from '@carbon/react';
import { deletionReceiptFile } from './receipt-line.tsx';
import { saveFile } from './save-file.ts';

type DeletionReceiptProps = {
  title: string;
  text: string;
  /** A compact JWS. */
  receipt: string;
  /** Of what was deleted; names the file. */
  id: string;
};

/** Says that something is gone for good, and hands out the signed proof of it, which nobody keeps otherwise. */
export function DeletionReceipt({ title, text, receipt, id }: DeletionReceiptProps) {
  return (
    <section className="cl-receipt" aria-label="Deletion receipt">
      <p>
        <strong>{title}</strong> {text}
      </p>
      <p className="cl-receipt__text">
        The deletion receipt proves what was deleted, when and by whom, and has nothing of the content. It is not kept
        here.
      </p>
      <CodeSnippet type="single" feedback="Copied" aria-label="Deletion receipt" copyButtonDescription="Copy receipt">
        {receipt}
      </CodeSnippet>
      <Button
        kind="tertiary"
        size="md"
        renderIcon={Download}
        onClick={() => saveFile(deletionReceiptFile(id), receipt)}
      >
        Save receipt
      </Button>
    </section>
  );
}
