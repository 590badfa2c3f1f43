import { Button } from '@carbon/react';
import type { ReactNode } from 'react';

type SelectionBarProps = {
  selected: number;
  shown: number;
  onSelectAll: () => void;
  onClear: () => void;
  onDelete: () => void;
  /** Stands in its place while nothing is ticked, so that no row moves when the first one is. */
  children: ReactNode;
};

/** Above the table: how many assets are ticked, and what can be done with all of them. */
export function SelectionBar({ selected, shown, onSelectAll, onClear, onDelete, children }: SelectionBarProps) {
  const isAny = selected > 0;
  return (
    <div className={`cl-selection-bar ${isAny ? 'cl-selection-bar--any' : ''}`}>
      <div role="status">{isAny ? `${selected} selected` : children}</div>
      {isAny && (
        <div className="cl-selection-bar__actions">
          <Button kind="danger" size="sm" onClick={onDelete}>
            Delete …
          </Button>
          {selected < shown && (
            <Button kind="tertiary" size="sm" onClick={onSelectAll}>
              {`Select all ${shown} shown`}
            </Button>
          )}
          <Button kind="ghost" size="sm" onClick={onClear}>
            Clear selection
          </Button>
        </div>
      )}
    </div>
  );
}
