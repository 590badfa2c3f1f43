import type { AssetSort, SortOrder } from '../../../contract/app/index.ts';
import type { Receipt } from '../../components/receipt-line.tsx';

/** The types that Cloister saves itself. */
export const assetTypeWords: Readonly<Record<string, string>> = {
  'data-asset': 'Data asset',
  notebook: 'Notebook',
  'prompt-session': 'Prompt session',
  'prompt-template': 'Prompt template',
};

export const typeWords = (type: string): string => assetTypeWords[type] ?? type;

export type AssetOrder = { readonly sort: AssetSort; readonly order: SortOrder };

const newestChange: AssetOrder & { readonly words: string } = {
  sort: 'updated',
  order: 'descending',
  words: 'Newest change first',
};

/** The orders that can be chosen, by what stands for each in the field. */
export const assetOrders: ReadonlyMap<string, AssetOrder & { readonly words: string }> = new Map(
  [
    newestChange,
    { sort: 'updated', order: 'ascending', words: 'Oldest change first' },
    { sort: 'created', order: 'descending', words: 'Newest first' },
    { sort: 'created', order: 'ascending', words: 'Oldest first' },
    { sort: 'name', order: 'ascending', words: 'Name, A to Z' },
    { sort: 'name', order: 'descending', words: 'Name, Z to A' },
    { sort: 'size', order: 'descending', words: 'Largest first' },
    { sort: 'size', order: 'ascending', words: 'Smallest first' },
  ].map((order) => [`${order.sort} ${order.order}`, order as typeof newestChange]),
);

/** Tags as somebody types them: with commas between, each once. */
export function tagsOfText(text: string): string[] {
  const tags = text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  return tags.filter((tag, index) => tags.findIndex((other) => other.toLowerCase() === tag.toLowerCase()) === index);
}

const MOST_TAGS = 20;
const MOST_CHARACTERS = 40;

/** What is wrong with the tags; undefined: nothing. */
export function tagsFault(tags: readonly string[]): string | undefined {
  if (tags.length > MOST_TAGS) return `${tags.length} tags; at most ${MOST_TAGS} are kept.`;
  if (tags.some((tag) => [...tag].length > MOST_CHARACTERS)) return `A tag has at most ${MOST_CHARACTERS} characters.`;
  return undefined;
}

/** Of an upload that was given up. */
export function receiptOfUpload(id: string, name: string, receipt: string): Receipt {
  return { what: `What had arrived of ${name}`, id, receipt };
}
