import { Button } from '@carbon/react';
import { useState } from 'react';
import type { Upload } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useUploadChanges } from '../../app/api/uploads.ts';
import { formatBytes, formatDayAndTime } from '../../components/format.ts';
import { useSay } from '../../components/live-phrases.tsx';
import type { Receipt } from '../../components/receipt-line.tsx';
import { type Column, RowsTable } from '../../components/rows-table.tsx';
import { receiptOfUpload } from './asset-words.ts';
import { chooseFile } from './choose-file.ts';

type UnfinishedUploadsProps = {
  projectId: string;
  uploads: readonly Upload[];
  /** Another one is under way. */
  isBusy: boolean;
  /** Resolves to false when the file is not the one that the upload was begun with. */
  onGoOn: (upload: Upload, file: File) => Promise<boolean>;
  onDiscarded: (receipt: Receipt) => void;
};

const CHOOSE_ANOTHER = 'Choose the file that it was begun with.';

/** What one began and did not finish, here or on another computer. The browser keeps no file, so the person chooses it again. */
export function UnfinishedUploads({ projectId, uploads, isBusy, onGoOn, onDiscarded }: UnfinishedUploadsProps) {
  const { discard } = useUploadChanges(projectId);
  const say = useSay();
  const [wrong, setWrong] = useState<string>();

  async function goOn(upload: Upload, file: File): Promise<void> {
    setWrong(undefined);
    try {
      const fault = file.size === upload.lengthBytes ? undefined : sizeFault(upload, file);
      if (fault === undefined && (await onGoOn(upload, file))) return;
      setWrong(fault ?? `${file.name} does not begin with what has arrived of ${upload.name}. ${CHOOSE_ANOTHER}`);
    } catch (error) {
      setWrong(toApiError(error).message);
    }
  }

  async function discardOf({ id, name }: Upload): Promise<void> {
    setWrong(undefined);
    try {
      const receipt = await discard.mutateAsync(id);
      say('Upload discarded');
      if (receipt !== undefined) onDiscarded(receiptOfUpload(id, name, receipt));
    } catch (error) {
      setWrong(toApiError(error).message);
    }
  }

  const columns: readonly Column<Upload>[] = [
    { header: 'Name', kind: 'name', cell: ({ name }) => name },
    {
      header: 'Arrived',
      cell: ({ offsetBytes, lengthBytes }) => `${formatBytes(offsetBytes)} of ${formatBytes(lengthBytes)}`,
    },
    { header: 'Begun', cell: ({ createdAt }) => formatDayAndTime(createdAt) },
    { header: 'Kept until', cell: ({ expiresAt }) => formatDayAndTime(expiresAt) },
    {
      header: 'Actions',
      kind: 'actions',
      cell: (upload) => (
        <>
          <Button
            kind="ghost"
            size="sm"
            disabled={isBusy}
            aria-label={`Go on with ${upload.name}: choose its file again`}
            onClick={() => chooseFile((file) => void goOn(upload, file))}
          >
            Go on …
          </Button>
          <Button
            kind="ghost"
            size="sm"
            aria-label={`Discard the upload of ${upload.name}`}
            onClick={() => void discardOf(upload)}
          >
            Discard
          </Button>
        </>
      ),
    },
  ];
  return (
    <div>
      <h2 className="cl-section__title">Unfinished uploads</h2>
      <p className="cl-section__text">
        Yours, and nobody else sees them. To go on, choose the same file again: what has arrived is not sent a second
        time.
      </p>
      {wrong !== undefined && (
        <p className="cl-note" role="alert">
          {wrong}
        </p>
      )}
      <RowsTable label="Unfinished uploads" columns={columns} rows={uploads} rowKey={({ id }) => id} />
    </div>
  );
}

function sizeFault({ name, lengthBytes }: Upload, file: File): string {
  return `${file.name} has ${formatBytes(file.size)} (${file.size} bytes), and ${name} has ${lengthBytes}. ${CHOOSE_ANOTHER}`;
}
