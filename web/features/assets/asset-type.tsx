import { Chat, DataSet, Document, Notebook, RecentlyViewed } from '@carbon/icons-react';
import type { ComponentType } from 'react';
import { typeWords } from './asset-words.ts';

const icons: Readonly<Record<string, ComponentType<{ className?: string }>>> = {
  'data-asset': DataSet,
  notebook: Notebook,
  'prompt-session': RecentlyViewed,
  'prompt-template': Chat,
};

/** What an asset is, in a picture and in words. */
export function AssetType({ type }: { type: string }) {
  const Icon = icons[type] ?? Document;
  return (
    <span className="cl-assets__type">
      <Icon />
      {typeWords(type)}
    </span>
  );
}
