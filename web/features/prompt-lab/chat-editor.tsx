import { useState } from 'react';
import type { ChatTurn } from '../../../contract/app/index.ts';
import { Dialog } from '../../components/dialog.tsx';
import { useSay } from '../../components/live-phrases.tsx';
import { ChatComposer } from './chat-composer.tsx';
import { ChatTurnView, GrowingTurn } from './chat-turn-view.tsx';
import { emptyTree, placeAmongSiblings, showing, shownTurns, withContent, withoutTurn } from './draft/chat-tree.ts';
import type { EditorProps } from './editor-props.ts';
import { ModelNotice } from './model-notice.tsx';
import { RunBar } from './run-bar.tsx';
import { StorageNote } from './storage-note.tsx';
import { SystemPrompt } from './system-prompt.tsx';
import { useChatRun } from './use-chat-run.ts';
import { useStickToEnd } from './use-stick-to-end.ts';

type Question = { kind: 'clear' } | { kind: 'delete'; turn: ChatTurn };

/** A conversation: system prompt, the turns of the branch that is shown, and the next question. */
export function ChatEditor(props: EditorProps) {
  const { draft, change, model, isAlone } = props;
  const { chat } = draft;
  const running = useChatRun(props);
  const { isWriting, canAsk } = running;
  const say = useSay();
  const [question, setQuestion] = useState<Question>();
  const turns = shownTurns(chat);
  const scroll = useStickToEnd(chat);
  const modelLabel = model?.label ?? 'Model';
  const last = turns.at(-1);

  return (
    <>
      <form className="cl-editor" autoComplete="off" onSubmit={(event) => event.preventDefault()}>
        <div className="cl-editor__scroll" ref={scroll}>
          <div className="cl-editor__paper">
            <ModelNotice model={model} isAlone={isAlone} mode="chat" />
            <SystemPrompt
              system={draft.system}
              isOpenAtFirst={draft.system !== '' || turns.length === 0}
              onChange={(system) => change((before) => ({ ...before, system }))}
            />
            <ol className="cl-turns" aria-label="Conversation">
              {turns.map((turn) => (
                <ChatTurnView
                  key={turn.id}
                  turn={turn}
                  {...placeAmongSiblings(chat, turn)}
                  modelLabel={modelLabel}
                  isWriting={isWriting && turn.id === running.answerId}
                  isBusy={isWriting}
                  canAsk={canAsk}
                  {...(turn.id === running.answerId && !isWriting ? { details: running.details } : {})}
                  onShow={({ id }) => change((before) => ({ ...before, chat: showing(before.chat, id) }))}
                  onChanged={(content) => {
                    change((before) => ({ ...before, chat: withContent(before.chat, turn.id, content) }));
                    running.clear();
                    say('Turn changed');
                  }}
                  onAskInstead={(content) => running.askInstead(turn, content)}
                  onAnswerAgain={() => running.answerAgain(turn)}
                  onDelete={() => setQuestion({ kind: 'delete', turn })}
                />
              ))}
              {isWriting && last?.role === 'user' && <GrowingTurn modelLabel={modelLabel} />}
            </ol>
          </div>
        </div>
        <ChatComposer
          text={draft.chatInput}
          isFirst={turns.length === 0}
          canClear={chat.turns.length > 0 && !isWriting}
          onChange={(chatInput) => change((before) => ({ ...before, chatInput }))}
          onSend={running.send}
          onClear={() => setQuestion({ kind: 'clear' })}
        />
        <RunBar
          run={running.run}
          count={running.count}
          model={model}
          parameters={draft.parameters}
          fault={running.fault}
          action="Send"
          canStart={running.canSend}
          onStart={running.send}
          onStop={running.stop}
          onRetry={() => {
            if (last !== undefined) running.answerAgain(last);
          }}
        >
          <StorageNote mode="chat" saved={draft.saved} recording={draft.recording} />
        </RunBar>
      </form>
      {question?.kind === 'clear' && (
        <Dialog
          title="Clear the conversation?"
          submitLabel="Clear"
          isDangerous
          onClose={() => setQuestion(undefined)}
          onSubmit={async () => {
            change((before) => ({ ...before, chat: emptyTree }));
            running.clear();
          }}
        >
          <p>
            Every question and answer on this page, those of other branches too, is deleted. The system prompt and the
            parameters stay.
          </p>
        </Dialog>
      )}
      {question?.kind === 'delete' && (
        <Dialog
          title={question.turn.role === 'user' ? 'Delete this question?' : 'Delete this answer?'}
          submitLabel="Delete"
          isDangerous
          onClose={() => setQuestion(undefined)}
          onSubmit={async () => {
            change((before) => ({ ...before, chat: withoutTurn(before.chat, question.turn.id) }));
            running.clear();
            say('Turn deleted');
          }}
        >
          <p>All that follows it in the conversation goes too. Other branches stay.</p>
        </Dialog>
      )}
    </>
  );
}
