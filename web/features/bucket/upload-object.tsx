import { Upload } from '@carbon/icons-react';
import { Button, InlineNotification, ProgressBar } from '@carbon/react';
import { useRef } from 'react';
import { formatBytes } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { useUpload } from './use-upload.ts';

/** Takes a file from the person's computer and seals it as a new object. */
export function UploadObject({ projectId }: { projectId: string }) {
  const { upload, start, stop } = useUpload(projectId);
  const input = useRef<HTMLInputElement>(null);
  const isSending = upload.state === 'sending';

  return (
    <div className="cl-upload">
      <div className="cl-upload__controls">
        {/* The button stands for it: the browser's own field says a file's name, which is not kept. */}
        <input
          ref={input}
          type="file"
          hidden
          onChange={({ target }) => {
            const file = target.files?.[0];
            target.value = '';
            if (file !== undefined) void start(file);
          }}
        />
        <Button
          kind="tertiary"
          size="md"
          renderIcon={Upload}
          disabled={isSending}
          onClick={() => input.current?.click()}
        >
          {isSending ? 'Uploading …' : 'Upload an object'}
        </Button>
        {isSending && (
          <Button kind="ghost" size="md" onClick={stop}>
            Stop
          </Button>
        )}
        <span className="cl-upload__note">The file's name is not kept: note the object's identifier.</span>
      </div>
      {upload.state === 'sending' && upload.isSlow && (
        <ProgressBar
          label="Uploading"
          helperText={`${formatBytes(upload.sentBytes)} of ${formatBytes(upload.sizeBytes)}`}
          max={upload.sizeBytes}
          value={upload.sentBytes}
        />
      )}
      {upload.state === 'done' && (
        <InlineNotification kind="success" lowContrast hideCloseButton title="Sealed as" className="cl-problem">
          <code className="cl-objects__id">{upload.objectId}</code>
        </InlineNotification>
      )}
      {upload.state === 'failed' && <ProblemNotice error={upload.error} />}
    </div>
  );
}
