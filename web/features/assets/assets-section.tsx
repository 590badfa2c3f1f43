import { Button, SkeletonText } from '@carbon/react';
import { useDeferredValue, useState } from 'react';
import type { Asset, AssetList, Project } from '../../../contract/app/index.ts';
import { type AssetFilters, useAssets } from '../../app/api/assets.ts';
import { toApiError } from '../../app/api/client.ts';
import { formatCount } from '../../components/format.ts';
import { useSay } from '../../components/live-phrases.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { type Receipt, ReceiptLine } from '../../components/receipt-line.tsx';
import { AssetDialogs, type OpenAssetDialog } from './asset-dialogs.tsx';
import { AssetFiltersBar, isFiltered, noFilters } from './asset-filters.tsx';
import { AssetsTable } from './assets-table.tsx';
import { BulkDeleteDialog } from './bulk-delete-dialog.tsx';
import { BulkOutcome, outcomeWords } from './bulk-outcome.tsx';
import type { BulkDeletion } from './delete-each.ts';
import { EmptyProject } from './empty-project.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { useSelection } from './use-selection.ts';

type AssetsSectionProps = { project: Project; mayWrite: boolean };

/** The list, what of it is shown, and what can be done with each. */
export function AssetsSection({ project, mayWrite }: AssetsSectionProps) {
  const [filters, setFilters] = useState<AssetFilters>(noFilters);
  const query = useDeferredValue(filters.query.trim());
  const list = useAssets(project.id, { ...filters, query });
  const [open, setOpen] = useState<OpenAssetDialog>();
  const [receipt, setReceipt] = useState<Receipt>();
  const assets: readonly Asset[] = list.data?.pages.flatMap((page) => page.items) ?? [];
  const total = list.data?.pages[0]?.total;
  const selection = useSelection(assets);
  const [isDeleting, setIsDeleting] = useState(false);
  const [outcome, setOutcome] = useState<BulkDeletion>();
  const say = useSay();
  const isEmpty = list.isSuccess && !list.isPlaceholderData && assets.length === 0;

  return (
    <section aria-label="Assets of the project">
      <AssetFiltersBar projectId={project.id} filters={filters} assets={assets} onChange={setFilters} />
      {list.error !== null && <ProblemNotice error={toApiError(list.error)} retry={() => void list.refetch()} />}
      {list.isPending && <SkeletonText paragraph lineCount={6} />}
      {receipt !== undefined && <ReceiptLine receipt={receipt} onClose={() => setReceipt(undefined)} />}
      {outcome !== undefined && <BulkOutcome outcome={outcome} onClose={() => setOutcome(undefined)} />}
      {isEmpty && isFiltered(filters) && <p className="cl-note">Nothing here is like this.</p>}
      {isEmpty && !isFiltered(filters) && <EmptyProject projectId={project.id} mayWrite={mayWrite} />}
      {assets.length > 0 && (
        <AssetsTable
          projectId={project.id}
          assets={assets}
          mayWrite={mayWrite}
          selection={selection.rows}
          toolbar={
            <SelectionBar
              selected={selection.selected.length}
              shown={assets.length}
              onSelectAll={() => selection.keepOnly(assets.map(({ id }) => id))}
              onClear={selection.clear}
              onDelete={() => setIsDeleting(true)}
            >
              {total !== undefined && total.count > 0 && totalWords(total)}
            </SelectionBar>
          }
          onOpen={setOpen}
          onTag={(tag) => setFilters({ ...filters, tag })}
        />
      )}
      {list.hasNextPage && (
        <Button kind="ghost" size="md" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {list.isFetchingNextPage ? 'Loading …' : 'Show more'}
        </Button>
      )}
      <AssetDialogs projectId={project.id} open={open} onDeleted={setReceipt} onClose={() => setOpen(undefined)} />
      {isDeleting && (
        <BulkDeleteDialog
          projectId={project.id}
          assets={selection.selected}
          onDone={(next) => {
            setOutcome(next);
            selection.keepOnly(next.kept.map(({ asset }) => asset.id));
            say(outcomeWords(next.deleted.length, next.kept.length));
          }}
          onClose={() => setIsDeleting(false)}
        />
      )}
    </section>
  );
}

function totalWords({ count, isAll }: NonNullable<AssetList['total']>): string {
  if (count === 1) return '1 asset';
  return isAll ? `${formatCount(count)} assets` : `More than ${formatCount(count)} assets`;
}
