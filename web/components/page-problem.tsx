import type { ApiError } from '../app/api/client.ts';
import { ProblemNotice } from './problem-notice.tsx';

/** In place of a whole page that could not be loaded. */
export function PageProblem({ error, retry }: { error: ApiError; retry: () => void }) {
  return (
    <div className="cl-page">
      <ProblemNotice error={error} retry={retry} />
    </div>
  );
}
