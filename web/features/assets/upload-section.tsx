import { Upload as UploadIcon } from '@carbon/icons-react';
import { Button, InlineNotification, ProgressBar } from '@carbon/react';
import { useState } from 'react';
import { useUnfinishedUploads } from '../../app/api/uploads.ts';
import { formatBytes } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { type Receipt, ReceiptLine } from '../../components/receipt-line.tsx';
import { chooseFile } from './choose-file.ts';
import { UnfinishedUploads } from './unfinished-uploads.tsx';
import { UploadDialog } from './upload-dialog.tsx';
import { type DataUpload, useDataUpload } from './use-data-upload.ts';

/** Training data and documents: one file at a time, which can be paused, and goes on after a break. */
export function UploadSection({ projectId }: { projectId: string }) {
  const { upload, begin, goOnWith, pause, goOn, discard, forget } = useDataUpload(projectId);
  const { data: unfinished = [] } = useUnfinishedUploads(projectId);
  const [file, setFile] = useState<File>();
  const [receipt, setReceipt] = useState<Receipt>();
  const isUnderWay = upload.state !== 'none' && upload.state !== 'done';
  const ownId = isUnderWay ? upload.uploadId : undefined;
  const others = unfinished.filter(({ id }) => id !== ownId);

  return (
    <section className="cl-upload" aria-label="Uploads">
      <div className="cl-upload__controls">
        <Button
          kind="tertiary"
          size="md"
          renderIcon={UploadIcon}
          disabled={isUnderWay}
          onClick={() => chooseFile(setFile)}
        >
          Upload data
        </Button>
        {upload.state === 'sending' && (
          <Button kind="ghost" size="md" onClick={() => void pause()}>
            Pause
          </Button>
        )}
        {(upload.state === 'paused' || upload.state === 'failed') && (
          <Button kind="ghost" size="md" onClick={goOn}>
            Go on
          </Button>
        )}
        {isUnderWay && (
          <Button
            kind="ghost"
            size="md"
            onClick={() => void discard().then((made) => made && setReceipt(made), forget)}
          >
            {upload.state === 'comparing' ? 'Stop' : 'Discard upload'}
          </Button>
        )}
      </div>
      <UploadState upload={upload} onForget={forget} />
      {receipt !== undefined && <ReceiptLine receipt={receipt} onClose={() => setReceipt(undefined)} />}
      {others.length > 0 && (
        <UnfinishedUploads
          projectId={projectId}
          uploads={others}
          isBusy={isUnderWay}
          onGoOn={goOnWith}
          onDiscarded={setReceipt}
        />
      )}
      {file !== undefined && (
        <UploadDialog
          file={file}
          onClose={() => setFile(undefined)}
          onBegin={(words) => begin(file, words.name, { kind: 'new', words })}
        />
      )}
    </section>
  );
}

function UploadState({ upload, onForget }: { upload: DataUpload; onForget: () => void }) {
  if (upload.state === 'none') return null;
  if (upload.state === 'done') {
    return (
      <InlineNotification kind="success" lowContrast title="Sealed" className="cl-problem" onClose={onForget}>
        {upload.name} is an asset of the project now.
      </InlineNotification>
    );
  }
  return (
    <>
      {upload.state === 'failed' && <ProblemNotice error={upload.error} />}
      <ProgressBar
        label={labelOf(upload)}
        helperText={`${formatBytes(upload.sentBytes)} of ${formatBytes(upload.sizeBytes)}`}
        max={upload.sizeBytes}
        value={upload.sentBytes}
      />
    </>
  );
}

function labelOf({ state, name }: Exclude<DataUpload, { state: 'none' | 'done' }>): string {
  if (state === 'comparing') return `Comparing the file with what has arrived of ${name}`;
  return state === 'sending' ? `Uploading ${name}` : `${name}, stopped`;
}
