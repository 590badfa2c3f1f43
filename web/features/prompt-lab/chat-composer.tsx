import { Button, Checkbox } from '@carbon/react';
import { useState } from 'react';
import { isSendKey, sendKeyLabel } from './send-key.ts';

type ChatComposerProps = {
  text: string;
  isFirst: boolean;
  canClear: boolean;
  onChange: (text: string) => void;
  onSend: () => void;
  onClear: () => void;
};

/** Where the next question is written. */
export function ChatComposer({ text, isFirst, canClear, onChange, onSend, onClear }: ChatComposerProps) {
  const [enterSends, setEnterSends] = useState(false);
  return (
    <div className="cl-composer">
      <div className="cl-composer__inner">
        <textarea
          className="cl-composer__text"
          aria-label="Your message"
          placeholder={isFirst ? 'Ask the model …' : 'Ask the next question …'}
          rows={2}
          autoComplete="off"
          autoCorrect="off"
          autoCapitalize="off"
          spellCheck={false}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (!isSendKey(event, enterSends)) return;
            event.preventDefault();
            onSend();
          }}
        />
        <div className="cl-composer__options">
          <span className="cl-composer__hint">{enterSends ? 'Shift Enter: new line' : `${sendKeyLabel}: send`}</span>
          <Checkbox
            id="enter-sends"
            labelText="Enter sends"
            checked={enterSends}
            onChange={(_event, { checked }) => setEnterSends(checked)}
          />
          {canClear && (
            <Button kind="ghost" size="sm" onClick={onClear}>
              Clear conversation
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}
