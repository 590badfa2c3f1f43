import { ProgressBar, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { Asset } from '../../../contract/app/index.ts';
import { deleteAsset, useAssetChanges } from '../../app/api/assets.ts';
import { Dialog } from '../../components/dialog.tsx';
import { AssetType } from './asset-type.tsx';
import { type BulkDeletion, deleteEach } from './delete-each.ts';

type BulkDeleteDialogProps = {
  projectId: string;
  assets: readonly Asset[];
  onDone: (outcome: BulkDeletion) => void;
  onClose: () => void;
};

/** Names everything that goes, and asks for its number before it does. */
export function BulkDeleteDialog({ projectId, assets: chosen, onDone, onClose }: BulkDeleteDialogProps) {
  const { refresh } = useAssetChanges(projectId);
  // What the dialog named is what goes, whatever the page learns meanwhile.
  const [assets] = useState(chosen);
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState<number>();
  const count = assets.length;
  return (
    <Dialog
      title={count === 1 ? 'Delete 1 asset?' : `Delete ${count} assets?`}
      submitLabel="Delete"
      isDangerous
      canSubmit={typed.trim() === String(count)}
      onClose={onClose}
      onSubmit={async () => {
        setTried(0);
        const outcome = await deleteEach(assets, (id) => deleteAsset(projectId, id), setTried);
        onDone(outcome);
        void refresh();
      }}
    >
      <p>
        The key of each is destroyed first, so that no copy or backup of its content can be read again. This cannot be
        undone.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reached by keyboard. */}
      <ul className="cl-bulk-delete__names" aria-label="What is deleted" tabIndex={0}>
        {assets.map((asset) => (
          <li key={asset.id}>
            <strong>{asset.name}</strong>
            <AssetType type={asset.type} />
          </li>
        ))}
      </ul>
      {tried === undefined ? (
        <TextInput
          id="bulk-delete-count"
          data-modal-primary-focus
          labelText={`Type ${count}, the number of assets, to confirm`}
          autoComplete="off"
          inputMode="numeric"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      ) : (
        <ProgressBar label={`${tried} of ${count} done`} value={tried} max={count} />
      )}
    </Dialog>
  );
}
