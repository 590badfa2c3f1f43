import { Upload } from '@carbon/icons-react';
import { Button, InlineNotification, ProgressBar } from '@carbon/react';
import { useRef } from 'react';
import { formatBytes, formatCount } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { ReceiptLine } from '../../components/receipt-line.tsx';
import { SettingsSection } from '../../components/settings-section.tsx';
import { type Importing, useImport } from './use-import.ts';

/** Takes everything of an exported project in, beside what is there. */
export function ImportSection({ projectId }: { projectId: string }) {
  const { importing, begin, forget } = useImport(projectId);
  const input = useRef<HTMLInputElement>(null);
  const isUnderWay = importing.state === 'uploading' || importing.state === 'importing';
  return (
    <SettingsSection
      title="Import"
      text="Takes an exported project in, beside what is here. Everything gets new identifiers; names, descriptions, tags and contents stay. Open an encrypted archive with age first, or use cloister project import."
    >
      <div className="cl-upload">
        <div className="cl-upload__controls">
          <input
            ref={input}
            type="file"
            hidden
            accept=".zip,application/zip"
            aria-label="Archive to import"
            onChange={({ target }) => {
              const file = target.files?.[0];
              target.value = '';
              if (file !== undefined) begin(file);
            }}
          />
          <Button
            kind="tertiary"
            size="md"
            renderIcon={Upload}
            disabled={isUnderWay}
            onClick={() => input.current?.click()}
          >
            {isUnderWay ? 'Importing …' : 'Import an archive'}
          </Button>
        </div>
        <ImportState importing={importing} onForget={forget} />
      </div>
    </SettingsSection>
  );
}

function ImportState({ importing, onForget }: { importing: Importing; onForget: () => void }) {
  switch (importing.state) {
    case 'none':
      return null;
    case 'uploading':
      return (
        <ProgressBar
          label="Uploading and sealing the archive"
          helperText={`${formatBytes(importing.sentBytes)} of ${formatBytes(importing.sizeBytes)}`}
          max={importing.sizeBytes}
          value={importing.sentBytes}
        />
      );
    case 'importing':
      return (
        <ProgressBar
          label="Importing. Stay on this page"
          helperText={`${formatCount(importing.imported.assets)} of ${itemsInWords(importing.total.assets)}`}
          max={Math.max(1, importing.total.sizeBytes)}
          value={importing.imported.sizeBytes}
        />
      );
    case 'done':
      return (
        <>
          <InlineNotification kind="success" lowContrast title="Imported" className="cl-problem" hideCloseButton>
            {`${itemsInWords(importing.imported.assets)}, ${formatBytes(importing.imported.sizeBytes)}.`}
            {importing.withoutContent > 0 &&
              ` ${itemsInWords(importing.withoutContent)} had no content any more at the export, and were left out.`}
          </InlineNotification>
          {importing.receipt !== undefined && (
            <ReceiptLine
              receipt={{ what: 'The uploaded archive', id: importing.archiveId, receipt: importing.receipt }}
              onClose={onForget}
            />
          )}
        </>
      );
    case 'failed':
      return (
        <>
          <ProblemNotice error={importing.error} />
          {importing.isUploaded && (
            <p className="cl-upload__note">
              {`Imported before that: ${itemsInWords(importing.imported)}. The archive stays under Assets until you delete it.`}
            </p>
          )}
        </>
      );
  }
}

/** Assets and objects of the bucket. */
const itemsInWords = (count: number) => `${formatCount(count)} ${count === 1 ? 'item' : 'items'}`;
