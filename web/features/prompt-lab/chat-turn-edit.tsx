import { Button, TextArea } from '@carbon/react';
import { useState } from 'react';
import type { ChatTurn } from '../../../contract/app/index.ts';

type ChatTurnEditProps = {
  turn: ChatTurn;
  canAsk: boolean;
  onClose: () => void;
  onChanged: (content: string) => void;
  onAskInstead: (content: string) => void;
};

/** Other words for a turn: in its place, or, for a question, asked as a branch beside it. */
export function ChatTurnEdit({ turn, canAsk, onClose, onChanged, onAskInstead }: ChatTurnEditProps) {
  const [content, setContent] = useState(turn.content);
  const isUser = turn.role === 'user';
  const isEmpty = content.trim() === '';
  const finish = (hand: (content: string) => void) => {
    onClose();
    hand(content);
  };
  return (
    <div className="cl-turn__edit">
      <TextArea
        id="edited-turn"
        labelText={isUser ? 'Your message' : 'The model’s answer'}
        hideLabel
        rows={3}
        autoComplete="off"
        autoCorrect="off"
        autoCapitalize="off"
        spellCheck={false}
        autoFocus
        value={content}
        onChange={(event) => setContent(event.target.value)}
      />
      <div className="cl-turn__edit-actions">
        <Button kind="ghost" size="sm" onClick={onClose}>
          Cancel
        </Button>
        <Button kind={isUser ? 'tertiary' : 'primary'} size="sm" disabled={isEmpty} onClick={() => finish(onChanged)}>
          Change it here
        </Button>
        {isUser && (
          <Button kind="primary" size="sm" disabled={isEmpty || !canAsk} onClick={() => finish(onAskInstead)}>
            Ask as a branch
          </Button>
        )}
      </div>
    </div>
  );
}
