import {
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableHeader,
  TableRow,
  TableSelectAll,
  TableSelectRow,
} from '@carbon/react';
import type { ReactNode } from 'react';

export type Column<Row> = {
  /** Heads the column, and stands beside the value where the window is too narrow for a table. */
  header: string;
  cell: (row: Row) => ReactNode;
  /** `name`: what the row is about. `actions`: what can be done with it; its header is only read out. */
  kind?: 'name' | 'actions';
};

/** Rows that are ticked, to do one thing with all of them. */
export type RowSelection<Row> = {
  has: (row: Row) => boolean;
  toggle: (row: Row) => void;
  toggleAll: () => void;
  nameOf: (row: Row) => string;
};

type RowsTableProps<Row> = {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  selection?: RowSelection<Row>;
  /** Stands above the table and belongs to it: what can be done with the ticked rows. */
  toolbar?: ReactNode;
};

/** A table that becomes a list of cards in a narrow window, so that nothing has to be scrolled sideways. */
export function RowsTable<Row>({ label, columns, rows, rowKey, selection, toolbar }: RowsTableProps<Row>) {
  return (
    <TableContainer className="cl-table">
      {toolbar}
      <Table size="lg" aria-label={label}>
        <TableHead>
          <TableRow>
            {selection !== undefined && (
              <TableSelectAll
                id={`${label}-all`}
                name={`${label}-all`}
                aria-label="Select all that are shown"
                checked={rows.length > 0 && rows.every(selection.has)}
                indeterminate={rows.some(selection.has) && !rows.every(selection.has)}
                onSelect={selection.toggleAll}
              />
            )}
            {columns.map(({ header, kind }) => (
              <TableHeader key={header}>
                {kind === 'actions' ? <span className="cl-visually-hidden">{header}</span> : header}
              </TableHeader>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={rowKey(row)} isSelected={selection?.has(row) === true}>
              {selection !== undefined && (
                <TableSelectRow
                  id={`${label}-${rowKey(row)}`}
                  name={`${label}-${rowKey(row)}`}
                  aria-label={`Select ${selection.nameOf(row)}`}
                  checked={selection.has(row)}
                  onSelect={() => selection.toggle(row)}
                />
              )}
              {columns.map(({ header, cell, kind }) => (
                <TableCell
                  key={header}
                  data-label={header}
                  className={kind === undefined ? 'cl-table__cell' : `cl-table__cell cl-table__cell--${kind}`}
                >
                  <div>{cell(row)}</div>
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
