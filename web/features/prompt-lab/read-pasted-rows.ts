/**
 * The cells of what a spreadsheet puts on the clipboard as text: rows end with a line break, cells are parted by tabs, and a cell that
 * holds a tab, a line break or a quotation mark stands in quotation marks, which are doubled inside it (Excel, LibreOffice, Google Sheets).
 */
export function readPastedRows(pasted: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let position = 0;
  while (position < pasted.length) {
    const cell = readCell(pasted, position);
    row.push(cell.text);
    position = cell.end;
    const follows = pasted[position];
    if (follows === '\t') {
      position += 1;
      if (position === pasted.length) row.push('');
      continue;
    }
    rows.push(row);
    row = [];
    position += follows === '\r' && pasted[position + 1] === '\n' ? 2 : 1;
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

/** Whether text is cells of a spreadsheet, not a sentence: it holds a tab. */
export const isSpreadsheetText = (pasted: string): boolean => pasted.includes('\t');

const isEndOfCell = (character: string | undefined): boolean =>
  character === undefined || character === '\t' || character === '\n' || character === '\r';

function readCell(pasted: string, start: number): { text: string; end: number } {
  return (pasted[start] === '"' ? readQuotedCell(pasted, start) : undefined) ?? readPlainCell(pasted, start);
}

/** Undefined where the quotation mark does not close at the end of a cell: then it is a word that begins with one. */
function readQuotedCell(pasted: string, start: number): { text: string; end: number } | undefined {
  let text = '';
  let position = start + 1;
  for (;;) {
    const close = pasted.indexOf('"', position);
    if (close === -1) return undefined;
    text += pasted.slice(position, close);
    if (pasted[close + 1] !== '"') return isEndOfCell(pasted[close + 1]) ? { text, end: close + 1 } : undefined;
    text += '"';
    position = close + 2;
  }
}

function readPlainCell(pasted: string, start: number): { text: string; end: number } {
  let end = start;
  while (!isEndOfCell(pasted[end])) end += 1;
  return { text: pasted.slice(start, end), end };
}
