import { Copy, Edit, Renew } from '@carbon/icons-react';
import { Button, IconButton, TextArea } from '@carbon/react';
import { useState } from 'react';
import { useSay } from '../../components/live-phrases.tsx';
import type { ChatTurn } from './draft.ts';

type ChatTurnViewProps = {
  turn: ChatTurn;
  modelLabel: string;
  isWriting: boolean;
  canEdit: boolean;
  canRegenerate: boolean;
  onEdited: (content: string) => void;
  onRegenerate: () => void;
};

/** One turn, as plain text: what a model writes is never read as HTML. */
export function ChatTurnView(props: ChatTurnViewProps) {
  const { turn, modelLabel, isWriting, canEdit, canRegenerate, onEdited, onRegenerate } = props;
  const say = useSay();
  const [edited, setEdited] = useState<string>();
  const isUser = turn.role === 'user';

  return (
    <li className={`cl-turn cl-turn--${turn.role}`}>
      <div className="cl-turn__head">
        <span className="cl-turn__who">{isUser ? 'You' : modelLabel}</span>
        {!isWriting && edited === undefined && (
          <span className="cl-turn__actions">
            {canEdit && isUser && (
              <IconButton
                kind="ghost"
                size="sm"
                label="Edit and ask again"
                align="left"
                onClick={() => setEdited(turn.content)}
              >
                <Edit />
              </IconButton>
            )}
            {canRegenerate && (
              <IconButton
                kind="ghost"
                size="sm"
                label={isUser ? 'Ask again' : 'Answer again'}
                align="left"
                onClick={onRegenerate}
              >
                <Renew />
              </IconButton>
            )}
            <IconButton
              kind="ghost"
              size="sm"
              label="Copy"
              align="left"
              onClick={() =>
                navigator.clipboard.writeText(turn.content).then(
                  () => say('Copied'),
                  () => say('Copying is not possible here'),
                )
              }
            >
              <Copy />
            </IconButton>
          </span>
        )}
      </div>
      {edited === undefined ? (
        <div className="cl-turn__text" aria-busy={isWriting}>
          {turn.content}
          {isWriting && <span className="cl-caret" aria-hidden="true" />}
        </div>
      ) : (
        <div className="cl-turn__edit">
          <TextArea
            id="edited-turn"
            labelText="Your message"
            hideLabel
            rows={3}
            autoComplete="off"
            spellCheck={false}
            autoFocus
            value={edited}
            onChange={(event) => setEdited(event.target.value)}
          />
          <div className="cl-turn__edit-actions">
            <Button kind="ghost" size="sm" onClick={() => setEdited(undefined)}>
              Cancel
            </Button>
            <Button
              kind="primary"
              size="sm"
              disabled={edited.trim() === ''}
              onClick={() => {
                setEdited(undefined);
                onEdited(edited);
              }}
            >
              Ask again
            </Button>
          </div>
        </div>
      )}
    </li>
  );
}
