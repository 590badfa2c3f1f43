import type { Asset } from '../../../contract/app/index.ts';
import { useAssetChanges } from '../../app/api/assets.ts';
import { Dialog } from '../../components/dialog.tsx';
import { FactList } from '../../components/fact-list.tsx';
import { formatBytes, formatDayAndTime } from '../../components/format.ts';
import { useSay } from '../../components/live-phrases.tsx';
import type { Receipt } from '../../components/receipt-line.tsx';
import { AssetFields, useAssetFields } from './asset-fields.tsx';
import { AssetWhereabouts } from './asset-whereabouts.tsx';
import { typeWords } from './asset-words.ts';

export type OpenAssetDialog = { kind: 'details' | 'delete'; asset: Asset };

type AssetDialogsProps = {
  projectId: string;
  open: OpenAssetDialog | undefined;
  onDeleted: (receipt: Receipt) => void;
  onClose: () => void;
};

/** What can be done about one asset. */
export function AssetDialogs({ projectId, open, onDeleted, onClose }: AssetDialogsProps) {
  if (open === undefined) return null;
  const shared = { projectId, asset: open.asset, onClose };
  return open.kind === 'details' ? <DetailsDialog {...shared} /> : <DeleteDialog {...shared} onDeleted={onDeleted} />;
}

type AssetDialogProps = { projectId: string; asset: Asset; onClose: () => void };

/** What people say of it, to be changed, and what is known of it besides. */
function DetailsDialog({ projectId, asset, onClose }: AssetDialogProps) {
  const { change } = useAssetChanges(projectId);
  const say = useSay();
  const { words, fields } = useAssetFields(asset);
  return (
    <Dialog
      title="Details"
      submitLabel="Save"
      canSubmit={words !== undefined}
      onClose={onClose}
      onSubmit={async () => {
        if (words === undefined) return;
        await change.mutateAsync({ id: asset.id, ...words });
        say('Saved');
      }}
    >
      <AssetFields id="asset" {...fields} />
      <FactList facts={factsOf(asset)} />
      <AssetWhereabouts projectId={projectId} asset={asset} />
    </Dialog>
  );
}

function factsOf(asset: Asset): readonly (readonly [string, string])[] {
  return [
    ['Type', typeWords(asset.type)],
    ...(asset.mediaType === '' ? [] : [['Media type', asset.mediaType] as const]),
    ...(asset.sizeBytes === undefined ? [] : [['Size', formatBytes(asset.sizeBytes)] as const]),
    ['Sealed size', formatBytes(asset.sealedSizeBytes)],
    ['Saved', `${formatDayAndTime(asset.createdAt)}${asset.createdBy === '' ? '' : ` by ${asset.createdBy}`}`],
    ['Changed', formatDayAndTime(asset.updatedAt)],
    ['Identifier', asset.id],
  ];
}

function DeleteDialog({
  projectId,
  asset,
  onDeleted,
  onClose,
}: AssetDialogProps & Pick<AssetDialogsProps, 'onDeleted'>) {
  const { remove } = useAssetChanges(projectId);
  const say = useSay();
  return (
    <Dialog
      title="Delete asset?"
      submitLabel="Delete"
      isDangerous
      onClose={onClose}
      onSubmit={async () => {
        const { receipt } = await remove.mutateAsync(asset.id);
        onDeleted({ what: asset.name, id: asset.id, receipt });
        say('Asset deleted');
      }}
    >
      <p>
        <strong>{asset.name}</strong>: its key is destroyed first, so that no copy or backup of its content can be read
        again. This cannot be undone.
      </p>
    </Dialog>
  );
}
