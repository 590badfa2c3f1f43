import { Information, Locked } from '@carbon/icons-react';
import { Toggletip, ToggletipButton, ToggletipContent } from '@carbon/react';
import type { LabMode, Recording, SavedPrompt } from './draft/draft.ts';

type StorageNoteProps = { mode: LabMode; saved: SavedPrompt | undefined; recording: Recording | undefined };

/** What is stored where, beside the editor and word for word true. */
export function StorageNote({ mode, saved, recording }: StorageNoteProps) {
  return (
    <div className="cl-storage">
      <Locked size={16} aria-hidden="true" />
      <span>
        {recording !== undefined
          ? 'What you submit is stored with its answer in a prompt session.'
          : saved === undefined
            ? 'Not stored unless you save it.'
            : 'Changes are not stored unless you save them.'}
      </span>
      <Toggletip align="top-left">
        <ToggletipButton label="What is stored where">
          <Information />
        </ToggletipButton>
        <ToggletipContent>
          <div className="cl-storage__tip">
            <p>
              <strong>On this page:</strong> your text and the answers, in memory only. They are deleted when the page
              is reloaded or closed, when you sign out, and when your session ends.
            </p>
            <p>
              <strong>On the server:</strong> text you run is read by the model and then forgotten. It is in no log,
              cache or database.
            </p>
            {recording !== undefined && (
              <p>
                <strong>While you record:</strong> each prompt that you submit is sealed with its answer in the
                project’s bucket, for 30 days at most.
              </p>
            )}
            <p>
              <strong>When you save:</strong>{' '}
              {mode === 'chat'
                ? 'the system prompt, the turns of every branch with the model’s answers, the variables with their defaults, the model and the parameters are sealed in the project’s bucket.'
                : 'the prompt text, the variables with their defaults, the model and the parameters are sealed in the project’s bucket. The output is not saved.'}{' '}
              Name and description are metadata in the database.
            </p>
          </div>
        </ToggletipContent>
      </Toggletip>
    </div>
  );
}
