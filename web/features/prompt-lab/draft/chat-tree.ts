import { branchOf } from '../../../../contract/app/prompt-input.ts';
import type { ChatTurn } from '../../../../contract/app/prompts.ts';

/** A conversation that may branch. Only the branch that ends with `leafId` is shown and sent. */
export type ChatTree = { readonly turns: readonly ChatTurn[]; readonly leafId: string | null };

export const emptyTree: ChatTree = { turns: [], leafId: null };

export const shownTurns = ({ turns, leafId }: ChatTree): ChatTurn[] => branchOf(turns, leafId);

/** Adds `turn` at its place and shows the branch that ends with it. */
export const withTurn = (tree: ChatTree, turn: ChatTurn): ChatTree => ({
  turns: [...tree.turns, turn],
  leafId: turn.id,
});

/** Puts `content` into the turn with this id, where it is; its place and what follows it stay. */
export const withContent = (tree: ChatTree, id: string, content: string): ChatTree => ({
  ...tree,
  turns: tree.turns.map((turn) => (turn.id === id ? { ...turn, content } : turn)),
});

/** Deletes a turn with all that follows it, and shows the branch beside it, or else what was before it. */
export function withoutTurn(tree: ChatTree, id: string): ChatTree {
  const { turns } = tree;
  const deleted = turns.find((turn) => turn.id === id);
  if (deleted === undefined) return tree;
  const gone = new Set([id]);
  // A parent stands before its children, so one pass finds all of them.
  for (const { id: child, parentId } of turns) if (parentId !== null && gone.has(parentId)) gone.add(child);
  const rest = turns.filter((turn) => !gone.has(turn.id));
  if (tree.leafId === null || !gone.has(tree.leafId)) return { turns: rest, leafId: tree.leafId };
  const beside = rest.findLast(({ parentId, role }) => parentId === deleted.parentId && role === deleted.role);
  return { turns: rest, leafId: beside === undefined ? deleted.parentId : endOf(rest, beside.id) };
}

/** Where a turn stands among those that were said in its place: "2 of 3". */
export function placeAmongSiblings(tree: ChatTree, turn: ChatTurn): { place: number; siblings: readonly ChatTurn[] } {
  const siblings = tree.turns.filter(({ parentId, role }) => parentId === turn.parentId && role === turn.role);
  return { place: siblings.findIndex(({ id }) => id === turn.id), siblings };
}

/** Shows the branch through the turn with this id, to the end of its newest continuation. */
export const showing = (tree: ChatTree, id: string): ChatTree => ({ ...tree, leafId: endOf(tree.turns, id) });

function endOf(turns: readonly ChatTurn[], id: string): string {
  const next = turns.findLast(({ parentId }) => parentId === id);
  return next === undefined ? id : endOf(turns, next.id);
}
