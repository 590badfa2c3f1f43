import { useState } from 'react';
import type { Asset } from '../../../contract/app/index.ts';
import type { RowSelection } from '../../components/rows-table.tsx';

/** Which of the assets that are shown are ticked. What is not shown any more is not ticked either: nobody deletes what they do not see. */
export function useSelection(shown: readonly Asset[]) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const selected = shown.filter(({ id }) => ticked.has(id));
  const rows: RowSelection<Asset> = {
    has: ({ id }) => ticked.has(id),
    toggle: ({ id }) =>
      setTicked((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    toggleAll: () => setTicked(selected.length === shown.length ? new Set() : new Set(shown.map(({ id }) => id))),
    nameOf: ({ name }) => name,
  };
  return {
    selected,
    rows,
    clear: () => setTicked(new Set()),
    keepOnly: (ids: readonly string[]) => setTicked(new Set(ids)),
  };
}
