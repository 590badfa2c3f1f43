import { Close } from '@carbon/icons-react';
import { Button, IconButton } from '@carbon/react';
import { saveFile } from '../../components/save-file.ts';
import { type BulkDeletion, receiptsFile } from './delete-each.ts';

/** How many went, with the receipts of all as one file, and what stays selected and why. */
export function BulkOutcome({ outcome: { deleted, kept }, onClose }: { outcome: BulkDeletion; onClose: () => void }) {
  return (
    <section className="cl-bulk-outcome" aria-label="What was deleted">
      <div className="cl-receipt-line">
        <span className="cl-receipt-line__text">{outcomeWords(deleted.length, kept.length)}</span>
        {deleted.length > 0 && (
          <Button kind="ghost" size="sm" onClick={() => saveFile('deletion-receipts.json', receiptsFile(deleted))}>
            {deleted.length === 1 ? 'Save receipt' : `Save ${deleted.length} receipts`}
          </Button>
        )}
        <IconButton label="Close" kind="ghost" size="sm" align="left" onClick={onClose}>
          <Close />
        </IconButton>
      </div>
      {kept.length > 0 && (
        <ul className="cl-bulk-outcome__kept">
          {kept.map(({ asset, error }) => (
            <li key={asset.id}>
              <strong>{asset.name}</strong>: {error.problem.detail}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function outcomeWords(deleted: number, kept: number): string {
  const gone = deleted === 1 ? '1 asset was deleted.' : `${deleted} assets were deleted.`;
  if (kept === 0) return gone;
  return `${gone} ${kept === 1 ? '1 was not, and stays' : `${kept} were not, and stay`} selected.`;
}
