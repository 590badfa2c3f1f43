import { Link } from 'react-router-dom';
import { EmptyState } from '../../components/empty-state.tsx';

/** Explains an empty project: what an asset is, what is one and what is not, and three ways to begin. */
export function EmptyProject({ projectId, mayWrite }: { projectId: string; mayWrite: boolean }) {
  if (!mayWrite) {
    return (
      <EmptyState title="Nothing is saved here yet">
        <p>What Editors save in the project comes here.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="Nothing is saved here yet">
      <p>
        An asset is something that somebody saved in the project: a prompt template, a prompt session, a notebook, or
        data that was uploaded. Text in the Prompt Lab is <strong>not stored unless you save it</strong>.
      </p>
      <ol className="cl-first-steps" aria-label="First steps">
        <li>
          <Link to={`/projects/${projectId}/lab`}>Try a prompt</Link> in the Prompt Lab.
        </li>
        <li>
          <Link to={`/projects/${projectId}/samples`}>Open a sample</Link> that is ready to run.
        </li>
        <li>Upload data with the button above, such as training data or documents.</li>
      </ol>
    </EmptyState>
  );
}
