import { Table, TableBody, TableCell, TableContainer, TableHead, TableHeader, TableRow } from '@carbon/react';
import type { ReactNode } from 'react';

export type Column<Row> = {
  /** Heads the column, and stands beside the value where the window is too narrow for a table. */
  header: string;
  cell: (row: Row) => ReactNode;
  /** `name`: what the row is about. `actions`: what can be done with it; its header is only read out. */
  kind?: 'name' | 'actions';
};

type RowsTableProps<Row> = {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
};

/** A table that becomes a list of cards in a narrow window, so that nothing has to be scrolled sideways. */
export function RowsTable<Row>({ label, columns, rows, rowKey }: RowsTableProps<Row>) {
  return (
    <TableContainer className="cl-table">
      <Table size="lg" aria-label={label}>
        <TableHead>
          <TableRow>
            {columns.map(({ header, kind }) => (
              <TableHeader key={header}>
                {kind === 'actions' ? <span className="cl-visually-hidden">{header}</span> : header}
              </TableHeader>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={rowKey(row)}>
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
