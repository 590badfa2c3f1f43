import { TextArea, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { UploadWords } from '../../app/api/uploads.ts';
import { Dialog } from '../../components/dialog.tsx';
import { formatBytes } from '../../components/format.ts';
import { tagsFault, tagsOfText } from './asset-words.ts';

const MOST_NAME_CHARACTERS = 120;

type UploadDialogProps = { file: File; onClose: () => void; onBegin: (words: UploadWords) => void };

/** What a chosen file is kept as. */
export function UploadDialog({ file, onClose, onBegin }: UploadDialogProps) {
  const [name, setName] = useState(file.name.slice(0, MOST_NAME_CHARACTERS));
  const [description, setDescription] = useState('');
  const [tagText, setTagText] = useState('');
  const tags = tagsOfText(tagText);
  const fault = tagsFault(tags);
  return (
    <Dialog
      title="Upload data"
      submitLabel="Upload"
      canSubmit={name.trim() !== '' && fault === undefined}
      onClose={onClose}
      onSubmit={async () => onBegin({ name: name.trim(), description, tags })}
    >
      <p>
        <strong>{file.name}</strong>, {formatBytes(file.size)}. It is sealed as it arrives, before it is kept anywhere.
      </p>
      <TextInput
        id="upload-name"
        data-modal-primary-focus
        labelText="Name"
        autoComplete="off"
        maxLength={MOST_NAME_CHARACTERS}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        id="upload-description"
        labelText="Description (optional)"
        helperText="Name, description and tags are metadata: everybody in the project sees them."
        autoComplete="off"
        spellCheck={false}
        rows={2}
        maxLength={1000}
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
      <TextInput
        id="upload-tags"
        labelText="Tags (optional)"
        helperText="With commas between them; at most 20."
        autoComplete="off"
        spellCheck={false}
        invalid={fault !== undefined}
        invalidText={fault}
        value={tagText}
        onChange={(event) => setTagText(event.target.value)}
      />
    </Dialog>
  );
}
