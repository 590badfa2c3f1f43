import { Button, Search, Select, SelectItem } from '@carbon/react';
import type { Asset } from '../../../contract/app/index.ts';
import type { AssetFilters } from '../../app/api/assets.ts';
import { useCollaborators } from '../../app/api/collaborators.ts';
import { assetOrders, assetTypeWords } from './asset-words.ts';

type AssetFiltersBarProps = {
  projectId: string;
  filters: AssetFilters;
  /** What is shown now: its tags and people can be chosen. */
  assets: readonly Asset[];
  onChange: (filters: AssetFilters) => void;
};

export const noFilters: AssetFilters = {
  query: '',
  type: '',
  tag: '',
  creator: '',
  sort: 'updated',
  order: 'descending',
};

/** An order hides nothing, so it is no filter. */
export const isFiltered = ({ query, type, tag, creator }: AssetFilters): boolean =>
  [query.trim(), type, tag, creator].some((value) => value !== '');

/** Which assets are shown, and in which order. */
export function AssetFiltersBar({ projectId, filters, assets, onChange }: AssetFiltersBarProps) {
  const change = (part: Partial<AssetFilters>) => onChange({ ...filters, ...part });
  const people = usePeople(projectId, assets);
  const tags = new Set([...assets.flatMap((asset) => asset.tags), ...(filters.tag === '' ? [] : [filters.tag])]);
  return (
    <search className="cl-assets-filters">
      <Search
        size="md"
        className="cl-assets-filters__search"
        labelText="Find an asset by its name, description or tags"
        placeholder="Find by name, description or tag"
        autoComplete="off"
        value={filters.query}
        onChange={(event) => change({ query: event.target.value })}
      />
      <Select
        id="asset-type"
        labelText="Type"
        value={filters.type}
        onChange={({ target }) => change({ type: target.value })}
      >
        <SelectItem value="" text="Any type" />
        {Object.entries(assetTypeWords).map(([type, words]) => (
          <SelectItem key={type} value={type} text={words} />
        ))}
      </Select>
      <Select
        id="asset-tag"
        labelText="Tag"
        value={filters.tag}
        onChange={({ target }) => change({ tag: target.value })}
      >
        <SelectItem value="" text="Any or none" />
        {[...tags].sort().map((tag) => (
          <SelectItem key={tag} value={tag} text={tag} />
        ))}
      </Select>
      <Select
        id="asset-creator"
        labelText="Saved by"
        value={filters.creator}
        onChange={({ target }) => change({ creator: target.value })}
      >
        <SelectItem value="" text="Anybody" />
        {[...people].map(([id, name]) => (
          <SelectItem key={id} value={id} text={name} />
        ))}
      </Select>
      <Select
        id="asset-order"
        labelText="Order"
        value={`${filters.sort} ${filters.order}`}
        onChange={({ target }) => {
          const chosen = assetOrders.get(target.value);
          if (chosen !== undefined) change({ sort: chosen.sort, order: chosen.order });
        }}
      >
        {[...assetOrders].map(([value, { words }]) => (
          <SelectItem key={value} value={value} text={words} />
        ))}
      </Select>
      {isFiltered(filters) && (
        <Button
          kind="ghost"
          size="md"
          onClick={() => onChange({ ...noFilters, sort: filters.sort, order: filters.order })}
        >
          Show everything
        </Button>
      )}
    </search>
  );
}

/** Who is in the project, and who saved something of what is shown and is not in it any more; by their ids. */
function usePeople(projectId: string, assets: readonly Asset[]): ReadonlyMap<string, string> {
  const { data: collaborators = [] } = useCollaborators(projectId);
  return new Map([
    ...assets
      .filter(({ createdBy }) => createdBy !== '')
      .map(({ createdByUserId, createdBy }) => [createdByUserId, createdBy] as const),
    ...collaborators.map(({ userId, name }) => [userId, name] as const),
  ]);
}
