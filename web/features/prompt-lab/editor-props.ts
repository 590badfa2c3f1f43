import type { Model, SessionEntryContent } from '../../../contract/app/index.ts';
import type { Draft } from './draft/draft.ts';

/** What both editors need. */
export type EditorProps = {
  projectId: string;
  draft: Draft;
  change: (change: (draft: Draft) => Draft) => void;
  model: Model | undefined;
  /** No other model is ready to be chosen instead. */
  isAlone: boolean;
  /** The model is on the server. */
  canRun: boolean;
  onSeed: (seed: number) => void;
  /** A submitted prompt has its answer. */
  onAnswered: (entry: SessionEntryContent) => void;
};
