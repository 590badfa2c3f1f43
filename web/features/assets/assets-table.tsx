import { OperationalTag, OverflowMenu, OverflowMenuItem } from '@carbon/react';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router-dom';
import type { Asset } from '../../../contract/app/index.ts';
import { assetContentAddress } from '../../app/api/assets.ts';
import { formatBytes, formatDayAndTime } from '../../components/format.ts';
import { type Column, type RowSelection, RowsTable } from '../../components/rows-table.tsx';
import type { OpenAssetDialog } from './asset-dialogs.tsx';
import { AssetType } from './asset-type.tsx';

type AssetsTableProps = {
  projectId: string;
  assets: readonly Asset[];
  mayWrite: boolean;
  selection: RowSelection<Asset>;
  toolbar: ReactNode;
  onOpen: (open: OpenAssetDialog) => void;
  /** A tag was pressed. */
  onTag: (tag: string) => void;
};

export function AssetsTable({ projectId, assets, mayWrite, selection, toolbar, onOpen, onTag }: AssetsTableProps) {
  const facts: readonly Column<Asset>[] = [
    {
      header: 'Name',
      kind: 'name',
      cell: ({ name, description }) => (
        <>
          {name}
          {description !== '' && <span className="cl-table__second-line">{description}</span>}
        </>
      ),
    },
    { header: 'Type', cell: ({ type }) => <AssetType type={type} /> },
    { header: 'Tags', cell: ({ tags }) => <Tags tags={tags} onTag={onTag} /> },
    { header: 'Size', cell: sizeWords },
    { header: 'Saved by', cell: ({ createdBy }) => createdBy || '–' },
    { header: 'Changed', cell: ({ updatedAt }) => formatDayAndTime(updatedAt) },
  ];
  const actions: Column<Asset> = {
    header: 'Actions',
    kind: 'actions',
    cell: (asset) => <AssetMenu projectId={projectId} asset={asset} onOpen={onOpen} />,
  };
  return (
    <RowsTable
      label="Assets"
      columns={mayWrite ? [...facts, actions] : facts}
      rows={assets}
      rowKey={(asset) => asset.id}
      toolbar={toolbar}
      {...(mayWrite ? { selection } : {})}
    />
  );
}

function sizeWords({ sizeBytes, sealedSizeBytes }: Asset): string {
  if (sealedSizeBytes === 0) return 'Content missing';
  return sizeBytes === undefined ? `${formatBytes(sealedSizeBytes)}, sealed` : formatBytes(sizeBytes);
}

function Tags({ tags, onTag }: { tags: readonly string[]; onTag: (tag: string) => void }) {
  if (tags.length === 0) return '–';
  return (
    <ul className="cl-assets__tags">
      {tags.map((tag) => (
        <li key={tag}>
          <OperationalTag
            size="sm"
            type="gray"
            text={tag}
            aria-label={`Show what is tagged ${tag}`}
            onClick={() => onTag(tag)}
          />
        </li>
      ))}
    </ul>
  );
}

type AssetMenuProps = { projectId: string; asset: Asset; onOpen: (open: OpenAssetDialog) => void };

function AssetMenu({ projectId, asset, onOpen }: AssetMenuProps) {
  const navigate = useNavigate();
  const label = `Actions for ${asset.name}`;
  return (
    <OverflowMenu
      aria-label={label}
      iconDescription={label}
      menuOptionsClass="cl-menu--wide"
      // Carbon would give the focus to the first link, wherever it stands.
      selectorPrimaryFocus='[role="menuitem"]'
      flipped
      size="md"
    >
      {[
        ...(asset.type === 'prompt-template'
          ? [
              <OverflowMenuItem
                key="open"
                itemText="Open in the Prompt Lab"
                onClick={() => void navigate(`/projects/${projectId}/lab/${asset.id}`)}
              />,
            ]
          : []),
        ...(asset.type === 'prompt-session'
          ? [
              <OverflowMenuItem
                key="open"
                itemText="Open"
                onClick={() => void navigate(`/projects/${projectId}/sessions/${asset.id}`)}
              />,
            ]
          : []),
        ...(asset.sealedSizeBytes > 0
          ? [<OverflowMenuItem key="download" itemText="Download" href={assetContentAddress(projectId, asset.id)} />]
          : []),
        <OverflowMenuItem key="details" itemText="Details …" onClick={() => onOpen({ kind: 'details', asset })} />,
        <OverflowMenuItem
          key="delete"
          itemText="Delete …"
          isDelete
          hasDivider
          onClick={() => onOpen({ kind: 'delete', asset })}
        />,
      ]}
    </OverflowMenu>
  );
}
