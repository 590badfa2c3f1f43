import { CodeSnippet, Modal, Select, SelectItem, SkeletonText } from '@carbon/react';
import { useState } from 'react';
import type { CodeLanguage, NotebookSdk } from '../../../contract/app/index.ts';
import { usePromptCode, useSaveNotebook } from '../../app/api/prompt-code.ts';
import { Choice } from '../../components/choice.tsx';
import { Dialog, useReturnFocus } from '../../components/dialog.tsx';
import { MetadataFields } from '../../components/metadata-fields.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { contentOf, type Draft } from './draft/draft.ts';

const languages: readonly { value: CodeLanguage; text: string }[] = [
  { value: 'curl', text: 'curl' },
  { value: 'python-openai', text: 'Python, OpenAI’s SDK' },
  { value: 'python-watsonx', text: 'Python, IBM’s SDK' },
  { value: 'typescript-openai', text: 'TypeScript, OpenAI’s SDK' },
  { value: 'typescript-watsonx', text: 'TypeScript, IBM’s SDK' },
];

type CodeDialogProps = { projectId: string; draft: Draft; onClose: () => void };

/** Code that runs the prompt as it stands, to copy. */
export function ViewCodeDialog({ projectId, draft, onClose }: CodeDialogProps) {
  // What stood there when the dialog was opened.
  const [prompt] = useState(() => ({ content: contentOf(draft), values: draft.values }));
  const [language, setLanguage] = useState<CodeLanguage>('curl');
  const made = usePromptCode(projectId, prompt, language);
  useReturnFocus();
  return (
    <Modal open passiveModal size="md" modalHeading="View code" closeButtonLabel="Close" onRequestClose={onClose}>
      <div className="cl-dialog">
        <Select
          id="code-language"
          data-modal-primary-focus
          labelText="Language"
          value={language}
          onChange={({ target }) => {
            const chosen = languages.find(({ value }) => value === target.value);
            if (chosen !== undefined) setLanguage(chosen.value);
          }}
        >
          {languages.map(({ value, text }) => (
            <SelectItem key={value} value={value} text={text} />
          ))}
        </Select>
        <p>
          The code holds the prompt and what its variables stand for, and no key: it reads yours from{' '}
          <code>CLOISTER_API_KEY</code>. Making it stores nothing.
        </p>
        <div className="cl-code" aria-live="polite" aria-busy={made === undefined}>
          {made === undefined && <SkeletonText paragraph lineCount={5} />}
          {made?.error !== undefined && <ProblemNotice error={made.error} />}
          {made?.code !== undefined && (
            <>
              <CodeSnippet type="multi" feedback="Copied" aria-label="Code" align="left" wrapText>
                {made.code.code}
              </CodeSnippet>
              <ul className="cl-code__notes">
                {made.code.notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            </>
          )}
        </div>
      </div>
    </Modal>
  );
}

const sdks: readonly NotebookSdk[] = ['ibm-watsonx-ai', 'openai'];
const sdkWords: Record<NotebookSdk, string> = { 'ibm-watsonx-ai': 'ibm-watsonx-ai', openai: 'openai' };
const sdkMeanings: Record<NotebookSdk, string> = {
  'ibm-watsonx-ai': 'IBM’s SDK for Python. It speaks to servers under https:// only.',
  openai: 'OpenAI’s SDK for Python.',
};

/** Saves the prompt as it stands as a Jupyter notebook, an asset of its own. */
export function SaveNotebookDialog(props: CodeDialogProps & { onSaved: (name: string) => void }) {
  const { projectId, draft, onClose, onSaved } = props;
  const save = useSaveNotebook(projectId);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [sdk, setSdk] = useState<NotebookSdk>('openai');
  return (
    <Dialog
      title="Save as a notebook"
      submitLabel="Save"
      canSubmit={name.trim() !== ''}
      onClose={onClose}
      onSubmit={async () => {
        const prompt = { content: contentOf(draft), values: draft.values };
        await save.mutateAsync({ ...prompt, name: name.trim(), description, sdk });
        onSaved(name.trim());
      }}
    >
      <MetadataFields
        id="notebook"
        helperText="Name and description are metadata: everybody in the project sees them, and they are not sealed. Keep prompt text out of them."
        {...{ name, setName, description, setDescription }}
      />
      <Choice
        legend="The notebook uses"
        name="notebook-sdk"
        options={sdks}
        words={sdkWords}
        meanings={sdkMeanings}
        chosen={sdk}
        onChoose={setSdk}
      />
      <div className="cl-dialog__facts">
        <p>
          <strong>Sealed in this project's own bucket:</strong> a Jupyter notebook in Python with the prompt, the values
          of its variables, the model and the parameters, and no key.
        </p>
        <p>
          Admins and Editors of the project, and whoever was granted its bucket, can open it: download it from the
          project's assets. It stays as it is until somebody deletes it, also when the prompt is changed.
        </p>
      </div>
    </Dialog>
  );
}
