import { Download, TrashCan } from '@carbon/icons-react';
import { Button } from '@carbon/react';
import type { BucketObject } from '../../../contract/app/index.ts';
import { downloadAddress } from '../../app/api/bucket.ts';
import { formatBytes, formatDayAndTime } from '../../components/format.ts';
import { type Column, RowsTable } from '../../components/rows-table.tsx';

type ObjectsTableProps = {
  projectId: string;
  objects: readonly BucketObject[];
  mayWrite: boolean;
  onDelete: (object: BucketObject) => void;
};

export function ObjectsTable({ projectId, objects, mayWrite, onDelete }: ObjectsTableProps) {
  const columns: readonly Column<BucketObject>[] = [
    { header: 'Object', kind: 'name', cell: ({ objectId }) => <code className="cl-objects__id">{objectId}</code> },
    { header: 'Sealed size', cell: ({ sealedSizeBytes }) => formatBytes(sealedSizeBytes) },
    { header: 'Created', cell: ({ createdAt }) => formatDayAndTime(createdAt) },
    { header: 'Belongs to', cell: ({ belongsToAsset }) => (belongsToAsset ? 'An asset' : '–') },
    {
      header: 'Actions',
      kind: 'actions',
      cell: (object) => (
        <>
          <Button
            as="a"
            kind="ghost"
            size="sm"
            renderIcon={Download}
            href={downloadAddress(projectId, object.objectId)}
            download={object.objectId}
            aria-label={`Download object ${object.objectId}`}
          >
            Download
          </Button>
          {mayWrite && (
            <Button
              kind="ghost"
              size="sm"
              renderIcon={TrashCan}
              aria-label={`Delete object ${object.objectId}`}
              onClick={() => onDelete(object)}
            >
              Delete
            </Button>
          )}
        </>
      ),
    },
  ];
  return <RowsTable label="Objects" columns={columns} rows={objects} rowKey={(object) => object.objectId} />;
}
