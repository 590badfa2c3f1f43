import { useMemo, useState } from 'react';
import type { ChatTurn, PromptInput } from '../../../contract/app/index.ts';
import { messagesOfChat, valuesOf } from '../../../contract/app/prompt-input.ts';
import { useSay } from '../../components/live-phrases.tsx';
import { faultOf } from './decoding-parameters.ts';
import { type ChatTree, withContent, withTurn } from './draft/chat-tree.ts';
import { messagesTo, nextQuestion, requestOf } from './draft/draft.ts';
import type { EditorProps } from './editor-props.ts';
import { describeRun } from './run-words.ts';
import { entryOf, submittedPrompt } from './sessions/submitted-prompt.ts';
import { isRunning, useGeneration } from './use-generation.ts';
import { useTokenCount } from './use-token-count.ts';

/** The most turns that a saved chat may have, its branches together. */
const MAX_TURNS = 1000;

/** Asks the questions of a chat and lets the answers grow in its tree. */
export function useChatRun(props: EditorProps) {
  const { projectId, draft, change, model, canRun, onSeed, onAnswered } = props;
  const { run, details, start, stop, clear } = useGeneration(projectId);
  const say = useSay();
  /** The turn that the last run wrote. */
  const [answerId, setAnswerId] = useState<string>();
  const { chat, system, chatInput } = draft;
  const canChat = canRun && model?.functions.includes('text_chat') === true;
  const isWriting = isRunning(run);

  const prompt = useMemo((): PromptInput | undefined => {
    const said = messagesOfChat({ system, ...chat });
    const messages = chatInput.trim() === '' ? said : [...said, { role: 'user' as const, content: chatInput }];
    return messages.length === 0 ? undefined : { mode: 'chat', messages };
  }, [system, chat, chatInput]);
  const variables = useMemo(() => valuesOf(draft.variables, draft.values), [draft.variables, draft.values]);
  const modelId = canChat ? model.modelId : undefined;
  const count = useTokenCount({ projectId, modelId, prompt, variables, isPaused: isWriting });
  const isFull = chat.turns.length + 2 > MAX_TURNS;
  const fault = isFull ? 'This chat is full. Delete turns or begin a new prompt.' : faultOf(draft.parameters);
  const canAsk = canChat && fault === undefined && !isWriting;

  /** Answers the question `questionId` of `tree` beside any answer it has. A run that brings nothing shows the earlier branch again. */
  async function answer(tree: ChatTree, questionId: string) {
    const id = crypto.randomUUID();
    const asked = { ...draft, chat: tree };
    setAnswerId(id);
    change((before) => ({ ...before, chat: { ...tree, leafId: questionId } }));
    say('Generating');
    const messages = messagesTo(asked, questionId);
    const submitted = submittedPrompt({ ...asked, chat: { ...tree, leafId: questionId } });
    let answered = '';
    const result = await start(requestOf(asked, { mode: 'chat', messages }), (piece) => {
      answered += piece;
      change((before) => ({ ...before, chat: withAnswerPiece(before.chat, { id, questionId, piece }) }));
    });
    if (result.state === 'done') onSeed(result.summary.seed);
    else {
      change((before) => {
        const hasAnswer = before.chat.turns.some((turn) => turn.id === id);
        return hasAnswer ? before : { ...before, chat: { ...before.chat, leafId: tree.leafId } };
      });
    }
    const entry = entryOf(submitted, answered, result);
    if (entry !== undefined) onAnswered(entry);
    say(describeRun(result));
  }

  /** Sends what is typed as the next question. */
  function send() {
    if (!canAsk || chatInput.trim() === '') return;
    const question = nextQuestion(draft);
    change((before) => ({ ...before, chatInput: '', chatInputId: crypto.randomUUID() }));
    void answer(withTurn(chat, question), question.id);
  }

  /** Asks in other words, beside the question that was asked. */
  function askInstead(turn: ChatTurn, content: string) {
    if (!canAsk) return;
    const question = { ...turn, id: crypto.randomUUID(), content };
    void answer(withTurn(chat, question), question.id);
  }

  /** Answers again: a question, or the question before an answer. */
  function answerAgain(turn: ChatTurn) {
    const questionId = turn.role === 'user' ? turn.id : turn.parentId;
    if (canAsk && questionId !== null) void answer(chat, questionId);
  }

  const canSend = canAsk && chatInput.trim() !== '';
  return {
    ...{ run, details, count, fault, isWriting, canAsk, canSend, answerId },
    ...{ send, askInstead, answerAgain, stop, clear },
  };
}

type AnswerPiece = { id: string; questionId: string; piece: string };

/** A question that is gone gets no answer any more. */
function withAnswerPiece(tree: ChatTree, { id, questionId, piece }: AnswerPiece): ChatTree {
  const begun = tree.turns.find((turn) => turn.id === id);
  if (begun !== undefined) return withContent(tree, id, begun.content + piece);
  if (!tree.turns.some((turn) => turn.id === questionId)) return tree;
  return withTurn(tree, { id, parentId: questionId, role: 'assistant', content: piece });
}
