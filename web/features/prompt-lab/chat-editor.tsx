import { ChevronDown, ChevronRight } from '@carbon/icons-react';
import { Button, Checkbox, TextArea } from '@carbon/react';
import { useRef, useState } from 'react';
import { Dialog } from '../../components/dialog.tsx';
import { useSay } from '../../components/live-phrases.tsx';
import { ChatTurnView } from './chat-turn-view.tsx';
import { faultOf } from './decoding-parameters.ts';
import { type ChatTurn, type Draft, messagesOf, promptOf } from './draft.ts';
import type { EditorProps } from './editor-props.ts';
import { ModelNotice } from './model-notice.tsx';
import { RunBar } from './run-bar.tsx';
import { describeRun } from './run-words.ts';
import { isSendKey, sendKeyLabel } from './send-key.ts';
import { StorageNote } from './storage-note.tsx';
import { isRunning, useGeneration } from './use-generation.ts';
import { useStickToEnd } from './use-stick-to-end.ts';
import { useTokenCount } from './use-token-count.ts';

/** A conversation: system prompt, turns, and the next question. */
export function ChatEditor({ projectId, draft, change, model, isAlone, canRun, onSeed }: EditorProps) {
  const { run, start, stop, clear } = useGeneration(projectId);
  const say = useSay();
  const { turns, chatInput, system } = draft;
  const [isSystemOpen, setIsSystemOpen] = useState(system !== '' || turns.length === 0);
  const [enterSends, setEnterSends] = useState(false);
  const [isClearing, setIsClearing] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const scroll = useStickToEnd(turns);
  const canChat = canRun && model?.functions.includes('text_chat') === true;
  const running = isRunning(run);
  const count = useTokenCount({
    projectId,
    modelId: canChat ? model.modelId : undefined,
    prompt: promptOf(draft),
    isPaused: running,
  });
  const fault = faultOf(draft.parameters);
  const canAsk = canChat && fault === undefined && !running;
  const canSend = canAsk && chatInput.trim() !== '';

  /** Asks for the answer to `asked`, which must end with a turn of the user, and lets it grow as the last turn. */
  async function answer(asked: readonly ChatTurn[], rest: Partial<Draft> = {}) {
    const next = { ...draft, ...rest, turns: asked };
    change((before) => ({ ...before, ...rest, turns: asked }));
    say('Generating');
    const result = await start(
      {
        modelId: draft.modelId,
        prompt: { mode: 'chat', messages: messagesOf({ ...next, chatInput: '' }) },
        parameters: draft.parameters,
      },
      (piece) => change((before) => ({ ...before, turns: withAnswerPiece(before.turns, piece) })),
    );
    if (result.state === 'done') onSeed(result.summary.seed);
    say(describeRun(result));
    return result;
  }

  function send() {
    if (!canSend) return;
    void answer([...turns, { role: 'user', content: chatInput }], { chatInput: '' });
    input.current?.focus();
  }

  const lastQuestion = turns.findLastIndex((turn) => turn.role === 'user');
  /** Asks the last question again. A run that brings nothing leaves the earlier answer where it was. */
  async function answerAgain() {
    const asked = turns.slice(0, lastQuestion + 1);
    const { state } = await answer(asked);
    if (state !== 'done') change((before) => (before.turns.length === asked.length ? { ...before, turns } : before));
  }

  return (
    <>
      <form className="cl-editor" autoComplete="off" onSubmit={(event) => event.preventDefault()}>
        <div className="cl-editor__scroll" ref={scroll}>
          <div className="cl-editor__paper">
            <ModelNotice model={model} isAlone={isAlone} mode="chat" />
            <section className="cl-system" aria-label="System prompt">
              <button
                type="button"
                className="cl-system__toggle"
                aria-expanded={isSystemOpen}
                onClick={() => setIsSystemOpen(!isSystemOpen)}
              >
                {isSystemOpen ? <ChevronDown /> : <ChevronRight />}
                <span>System prompt</span>
                {!isSystemOpen && <span className="cl-system__preview">{system === '' ? 'none' : system}</span>}
              </button>
              {isSystemOpen && (
                <TextArea
                  id="system-prompt"
                  labelText="System prompt"
                  hideLabel
                  rows={2}
                  placeholder="How the model should behave, in every turn (optional)"
                  autoComplete="off"
                  autoCorrect="off"
                  spellCheck={false}
                  value={system}
                  onChange={(event) => change((before) => ({ ...before, system: event.target.value }))}
                />
              )}
            </section>
            <ol className="cl-turns" aria-label="Conversation">
              {turns.map((turn, index) => (
                <ChatTurnView
                  // Turns are only ever added or cut at the end, so the position names them.
                  key={placeOf(index)}
                  turn={turn}
                  modelLabel={model?.label ?? 'Model'}
                  isWriting={running && turn.role === 'assistant' && index === turns.length - 1}
                  canEdit={index === lastQuestion && !running}
                  canRegenerate={index === turns.length - 1 && canAsk && lastQuestion >= 0}
                  onEdited={(content) => void answer([...turns.slice(0, index), { role: 'user', content }])}
                  onRegenerate={() => void answerAgain()}
                />
              ))}
              {running && turns.at(-1)?.role === 'user' && (
                <ChatTurnView
                  turn={{ role: 'assistant', content: '' }}
                  modelLabel={model?.label ?? 'Model'}
                  isWriting
                  canEdit={false}
                  canRegenerate={false}
                  onEdited={() => {}}
                  onRegenerate={() => {}}
                />
              )}
            </ol>
          </div>
        </div>
        <div className="cl-composer">
          <div className="cl-composer__inner">
            <textarea
              ref={input}
              className="cl-composer__text"
              aria-label="Your message"
              placeholder={turns.length === 0 ? 'Ask the model …' : 'Ask the next question …'}
              rows={2}
              autoComplete="off"
              autoCorrect="off"
              autoCapitalize="off"
              spellCheck={false}
              value={chatInput}
              onChange={(event) => change((before) => ({ ...before, chatInput: event.target.value }))}
              onKeyDown={(event) => {
                if (isSendKey(event, enterSends)) {
                  event.preventDefault();
                  send();
                }
              }}
            />
            <div className="cl-composer__options">
              <span className="cl-composer__hint">
                {enterSends ? 'Shift Enter: new line' : `${sendKeyLabel}: send`}
              </span>
              <Checkbox
                id="enter-sends"
                labelText="Enter sends"
                checked={enterSends}
                onChange={(_event, { checked }) => setEnterSends(checked)}
              />
              {turns.length > 0 && !running && (
                <Button kind="ghost" size="sm" onClick={() => setIsClearing(true)}>
                  Clear conversation
                </Button>
              )}
            </div>
          </div>
        </div>
        <RunBar
          run={run}
          count={count}
          model={model}
          parameters={draft.parameters}
          fault={fault}
          action="Send"
          canStart={canSend}
          onStart={send}
          onStop={stop}
          onRetry={() => void answerAgain()}
        >
          <StorageNote mode="chat" saved={draft.saved} />
        </RunBar>
      </form>
      {isClearing && (
        <Dialog
          title="Clear the conversation?"
          submitLabel="Clear"
          isDangerous
          onClose={() => setIsClearing(false)}
          onSubmit={async () => {
            change((before) => ({ ...before, turns: [] }));
            clear();
          }}
        >
          <p>Every question and answer on this page is deleted. The system prompt and the parameters stay.</p>
        </Dialog>
      )}
    </>
  );
}

const placeOf = (index: number) => `turn-${index}`;

function withAnswerPiece(turns: readonly ChatTurn[], piece: string): ChatTurn[] {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return [...turns, { role: 'assistant', content: piece }];
  return [...turns.slice(0, -1), { role: 'assistant', content: last.content + piece }];
}
