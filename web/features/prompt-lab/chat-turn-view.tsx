import { ChevronLeft, ChevronRight, Copy, Edit, Renew, TrashCan } from '@carbon/icons-react';
import { IconButton } from '@carbon/react';
import { type ReactNode, useState } from 'react';
import type { ChatTurn } from '../../../contract/app/index.ts';
import { useSay } from '../../components/live-phrases.tsx';
import { ChatTurnEdit } from './chat-turn-edit.tsx';
import { GuardrailFindings } from './guardrail-findings.tsx';
import { LogProbabilities } from './log-probabilities.tsx';
import type { RunDetails } from './use-generation.ts';

type ChatTurnViewProps = {
  turn: ChatTurn;
  /** Where it stands among what was said in its place. */
  place: number;
  siblings: readonly ChatTurn[];
  modelLabel: string;
  isWriting: boolean;
  /** Some turn is being written: none can be changed. */
  isBusy: boolean;
  canAsk: boolean;
  /** Of the run that wrote it, while they are there. */
  details?: RunDetails;
  onShow: (turn: ChatTurn) => void;
  onChanged: (content: string) => void;
  onAskInstead: (content: string) => void;
  onAnswerAgain: () => void;
  onDelete: () => void;
};

/** One turn, as plain text: what a model writes is never read as HTML. */
export function ChatTurnView(props: ChatTurnViewProps) {
  const { turn, modelLabel, isWriting, isBusy, canAsk, details } = props;
  const say = useSay();
  const [isEditing, setIsEditing] = useState(false);
  const isUser = turn.role === 'user';
  const copy = () =>
    navigator.clipboard.writeText(turn.content).then(
      () => say('Copied'),
      () => say('Copying is not possible here'),
    );

  return (
    <li className={`cl-turn cl-turn--${turn.role}`}>
      <div className="cl-turn__head">
        <span className="cl-turn__who">{isUser ? 'You' : modelLabel}</span>
        {props.siblings.length > 1 && <BranchStepper {...props} />}
        {!isWriting && !isEditing && (
          <span className="cl-turn__actions">
            {!isBusy && (
              <TurnAction label="Edit" onClick={() => setIsEditing(true)}>
                <Edit />
              </TurnAction>
            )}
            {canAsk && (isUser || turn.parentId !== null) && (
              <TurnAction label={isUser ? 'Ask again' : 'Answer again'} onClick={props.onAnswerAgain}>
                <Renew />
              </TurnAction>
            )}
            <TurnAction label="Copy" onClick={() => void copy()}>
              <Copy />
            </TurnAction>
            {!isBusy && (
              <TurnAction label="Delete" onClick={props.onDelete}>
                <TrashCan />
              </TurnAction>
            )}
          </span>
        )}
      </div>
      {isEditing ? (
        <ChatTurnEdit
          turn={turn}
          canAsk={canAsk}
          onClose={() => setIsEditing(false)}
          onChanged={props.onChanged}
          onAskInstead={props.onAskInstead}
        />
      ) : (
        <div className="cl-turn__text" aria-busy={isWriting}>
          {details !== undefined && details.tokens.length > 0 ? (
            <LogProbabilities tokens={details.tokens} />
          ) : (
            turn.content
          )}
          {isWriting && <span className="cl-caret" aria-hidden="true" />}
        </div>
      )}
      {details !== undefined && <GuardrailFindings findings={details.findings} />}
    </li>
  );
}

/** The answer before its first word. */
export function GrowingTurn({ modelLabel }: { modelLabel: string }) {
  return (
    <li className="cl-turn cl-turn--assistant">
      <div className="cl-turn__head">
        <span className="cl-turn__who">{modelLabel}</span>
      </div>
      <div className="cl-turn__text" aria-busy="true">
        <span className="cl-caret" aria-hidden="true" />
      </div>
    </li>
  );
}

/** "2 of 3": goes to what was said in this place before and after. */
function BranchStepper({ turn, place, siblings, isBusy, onShow }: ChatTurnViewProps) {
  const step = (by: 1 | -1) => {
    const other = siblings[place + by];
    const word = by === 1 ? 'Next' : 'Previous';
    return (
      <IconButton
        kind="ghost"
        size="sm"
        label={`${word} ${turn.role === 'user' ? 'question' : 'answer'}`}
        align="bottom"
        disabled={isBusy || other === undefined}
        onClick={() => {
          if (other !== undefined) onShow(other);
        }}
      >
        {by === 1 ? <ChevronRight /> : <ChevronLeft />}
      </IconButton>
    );
  };
  return (
    <span className="cl-turn__branch">
      {step(-1)}
      <span>
        {place + 1} of {siblings.length}
      </span>
      {step(1)}
    </span>
  );
}

function TurnAction({ label, onClick, children }: { label: string; onClick: () => void; children: ReactNode }) {
  return (
    <IconButton kind="ghost" size="sm" label={label} align="top-right" onClick={onClick}>
      {children}
    </IconButton>
  );
}
