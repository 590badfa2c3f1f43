import type { UploadWords } from '../../app/api/uploads.ts';
import { Dialog } from '../../components/dialog.tsx';
import { formatBytes } from '../../components/format.ts';
import { MOST_NAME_CHARACTERS } from '../../components/metadata-fields.tsx';
import { AssetFields, useAssetFields } from './asset-fields.tsx';

type UploadDialogProps = { file: File; onClose: () => void; onBegin: (words: UploadWords) => void };

/** What a chosen file is kept as. */
export function UploadDialog({ file, onClose, onBegin }: UploadDialogProps) {
  const name = file.name.slice(0, MOST_NAME_CHARACTERS);
  const { words, fields } = useAssetFields({ name, description: '', tags: [] });
  return (
    <Dialog
      title="Upload data"
      submitLabel="Upload"
      canSubmit={words !== undefined}
      onClose={onClose}
      onSubmit={async () => words && onBegin(words)}
    >
      <p>
        <strong>{file.name}</strong>, {formatBytes(file.size)}. It is sealed as it arrives, before it is kept anywhere.
      </p>
      <AssetFields id="upload" {...fields} />
    </Dialog>
  );
}
