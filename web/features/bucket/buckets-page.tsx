import { SkeletonText, Tag } from '@carbon/react';
import { Link } from 'react-router-dom';
import { useGrantedBuckets } from '../../app/api/bucket.ts';
import { toApiError } from '../../app/api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { bucketAccessMeanings, bucketAccessWords } from '../../components/project-roles.ts';

/** The way to buckets for people who were granted them, whose projects they may not see. */
export function BucketsPage() {
  const { data: buckets, error, isPending, refetch } = useGrantedBuckets();
  return (
    <Page title="Shared buckets" lead="Storage buckets of projects that you were granted, apart from any role there.">
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={4} />}
      {buckets?.length === 0 && (
        <EmptyState title="No bucket was granted to you">
          <p>
            An Admin of a project can let you read or write its storage bucket without making you a collaborator. The
            bucket then stands here.
          </p>
        </EmptyState>
      )}
      {buckets !== undefined && buckets.length > 0 && (
        <ul className="cl-tiles">
          {buckets.map(({ projectId, projectName, access }) => (
            <li key={projectId} className="cl-tile">
              <h2 className="cl-tile__title">
                <Link to={`/projects/${projectId}/storage`} className="cl-tile__link">
                  {projectName}
                </Link>
              </h2>
              <p className="cl-tile__text">{bucketAccessMeanings[access]}</p>
              <p className="cl-tile__foot">
                <Tag size="sm" type="gray">
                  {bucketAccessWords[access]}
                </Tag>
              </p>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
