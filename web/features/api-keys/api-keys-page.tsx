import { Add, TrashCan } from '@carbon/icons-react';
import {
  Button,
  SkeletonText,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableHeader,
  TableRow,
} from '@carbon/react';
import { useState } from 'react';
import type { ApiKey } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useApiKeyChanges, useApiKeys } from '../../app/api/identity.ts';
import { Dialog } from '../../components/dialog.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { formatDay, formatDayAndTime } from '../../components/format.ts';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { CodeSamples } from './code-samples.tsx';
import { CreateApiKeyDialog, NewApiKeyDialog } from './create-api-key-dialog.tsx';

export function ApiKeysPage() {
  const { data: keys, error, isPending, refetch } = useApiKeys();
  const { remove } = useApiKeyChanges();
  const [isCreating, setIsCreating] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [deleting, setDeleting] = useState<ApiKey>();
  const create = (
    <Button renderIcon={Add} onClick={() => setIsCreating(true)}>
      New API key
    </Button>
  );

  return (
    <Page
      title="API keys"
      lead="Let programs use the models as you. Cloister speaks watsonx.ai's API and OpenAI's."
      actions={keys !== undefined && keys.length > 0 ? create : undefined}
    >
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={4} />}
      {keys?.length === 0 && (
        <EmptyState title="No API key yet" action={create}>
          <p>Create one for each program, so that you can take it back from that program alone.</p>
        </EmptyState>
      )}
      {keys !== undefined && keys.length > 0 && (
        <TableContainer className="cl-keys">
          <Table size="lg" aria-label="API keys">
            <TableHead>
              <TableRow>
                <TableHeader>Name</TableHeader>
                <TableHeader>Begins with</TableHeader>
                <TableHeader>Created</TableHeader>
                <TableHeader>Last used</TableHeader>
                <TableHeader>
                  <span className="cl-visually-hidden">Actions</span>
                </TableHeader>
              </TableRow>
            </TableHead>
            <TableBody>
              {keys.map((apiKey) => (
                <TableRow key={apiKey.id}>
                  <TableCell className="cl-keys__name">{apiKey.name}</TableCell>
                  <TableCell>
                    <code>{apiKey.prefix}…</code>
                  </TableCell>
                  <TableCell>{formatDay(apiKey.createdAt)}</TableCell>
                  <TableCell>{apiKey.lastUsedAt === null ? 'Never' : formatDayAndTime(apiKey.lastUsedAt)}</TableCell>
                  <TableCell className="cl-keys__actions">
                    <Button
                      kind="ghost"
                      size="sm"
                      renderIcon={TrashCan}
                      aria-label={`Delete API key ${apiKey.name}`}
                      onClick={() => setDeleting(apiKey)}
                    >
                      Delete
                    </Button>
                  </TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </TableContainer>
      )}
      <CodeSamples />
      {isCreating && <CreateApiKeyDialog onCreated={setSecret} onClose={() => setIsCreating(false)} />}
      {secret !== undefined && <NewApiKeyDialog secret={secret} onClose={() => setSecret(undefined)} />}
      {deleting !== undefined && (
        <Dialog
          title="Delete API key?"
          submitLabel="Delete"
          isDangerous
          onClose={() => setDeleting(undefined)}
          onSubmit={() => remove.mutateAsync(deleting.id)}
        >
          <p>
            Programs that use <strong>{deleting.name}</strong> are refused from now on. This cannot be undone.
          </p>
        </Dialog>
      )}
    </Page>
  );
}
