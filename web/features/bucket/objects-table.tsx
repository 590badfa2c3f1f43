import { Download, TrashCan } from '@carbon/icons-react';
import { Button, Table, TableBody, TableCell, TableContainer, TableHead, TableHeader, TableRow } from '@carbon/react';
import type { BucketObject } from '../../../contract/app/index.ts';
import { downloadAddress } from '../../app/api/bucket.ts';
import { formatBytes, formatDayAndTime } from '../../components/format.ts';

type ObjectsTableProps = {
  projectId: string;
  objects: readonly BucketObject[];
  mayWrite: boolean;
  onDelete: (object: BucketObject) => void;
};

export function ObjectsTable({ projectId, objects, mayWrite, onDelete }: ObjectsTableProps) {
  return (
    <TableContainer className="cl-table">
      <Table size="lg" aria-label="Objects">
        <TableHead>
          <TableRow>
            <TableHeader>Object</TableHeader>
            <TableHeader>Sealed size</TableHeader>
            <TableHeader>Created</TableHeader>
            <TableHeader>Belongs to</TableHeader>
            <TableHeader>
              <span className="cl-visually-hidden">Actions</span>
            </TableHeader>
          </TableRow>
        </TableHead>
        <TableBody>
          {objects.map((object) => (
            <TableRow key={object.objectId}>
              <TableCell className="cl-table__cell cl-table__cell--name">
                <code className="cl-objects__id">{object.objectId}</code>
              </TableCell>
              <TableCell className="cl-table__cell" data-label="Sealed size">
                {formatBytes(object.sealedSizeBytes)}
              </TableCell>
              <TableCell className="cl-table__cell" data-label="Created">
                {formatDayAndTime(object.createdAt)}
              </TableCell>
              <TableCell className="cl-table__cell" data-label="Belongs to">
                {object.belongsToAsset ? 'A saved prompt' : '–'}
              </TableCell>
              <TableCell className="cl-table__cell cl-table__cell--actions">
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
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
