import { describe, expect, it } from 'vitest';
import type { ChatTurn } from '../../../../contract/app/prompts.ts';
import {
  type ChatTree,
  emptyTree,
  placeAmongSiblings,
  showing,
  shownTurns,
  withoutTurn,
  withTurn,
} from './chat-tree.ts';

const user = (id: string, parentId: string | null): ChatTurn => ({ id, parentId, role: 'user', content: id });
const model = (id: string, parentId: string): ChatTurn => ({ id, parentId, role: 'assistant', content: id });
const shown = (tree: ChatTree) => shownTurns(tree).map(({ id }) => id);

/** A question with two answers; the first one was asked about further. */
const branched = [user('q1', null), model('a1', 'q1'), user('q2', 'a1'), model('a2', 'q2'), model('b1', 'q1')].reduce(
  withTurn,
  emptyTree,
);

describe('a conversation that branches', () => {
  it('shows the branch that was added to last', () => {
    expect(shown(branched)).toEqual(['q1', 'b1']);
  });

  it('steps to a sibling and shows it to its end', () => {
    expect(shown(showing(branched, 'a1'))).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  it('says where a turn stands among its siblings', () => {
    const { place, siblings } = placeAmongSiblings(branched, model('b1', 'q1'));
    expect([place, siblings.map(({ id }) => id)]).toEqual([1, ['a1', 'b1']]);
  });

  it('deletes a turn with what follows it, and shows the branch beside it', () => {
    const rest = withoutTurn(showing(branched, 'a1'), 'a1');
    expect(rest.turns.map(({ id }) => id)).toEqual(['q1', 'b1']);
    expect(shown(rest)).toEqual(['q1', 'b1']);
  });

  it('goes back to the turn before where there is no branch beside', () => {
    expect(shown(withoutTurn(showing(branched, 'a1'), 'q2'))).toEqual(['q1', 'a1']);
    expect(withoutTurn(branched, 'q1')).toEqual(emptyTree);
  });

  it('keeps what is shown when another branch loses a turn', () => {
    expect(shown(withoutTurn(branched, 'q2'))).toEqual(['q1', 'b1']);
  });
});
