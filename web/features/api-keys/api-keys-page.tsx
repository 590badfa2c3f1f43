import { Add } from '@carbon/icons-react';
import { Button, SkeletonText } from '@carbon/react';
import { useState } from 'react';
import { useApiKeys } from '../../app/api/api-keys.ts';
import { toApiError } from '../../app/api/client.ts';
import { ApiKeyDialogs, type OpenApiKeyDialog } from '../../components/api-keys/api-key-dialogs.tsx';
import { ApiKeyTable } from '../../components/api-keys/api-key-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { CodeSamples } from './code-samples.tsx';

export function ApiKeysPage() {
  const { data: keys, error, isPending, refetch } = useApiKeys('oneself');
  const [open, setOpen] = useState<OpenApiKeyDialog>();
  const create = (
    <Button renderIcon={Add} onClick={() => setOpen({ kind: 'create' })}>
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
        <ApiKeyTable
          keys={keys}
          onRotate={(apiKey) => setOpen({ kind: 'rotate', apiKey })}
          onDelete={(apiKey) => setOpen({ kind: 'delete', apiKey })}
        />
      )}
      <CodeSamples />
      <ApiKeyDialogs owner="oneself" open={open} onClose={() => setOpen(undefined)} />
    </Page>
  );
}
