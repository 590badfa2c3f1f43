import { ActionableNotification, InlineNotification } from '@carbon/react';
import type { ApiError } from '../app/api/client.ts';

type ProblemNoticeProps = {
  error: ApiError;
  retry?: (() => void) | undefined;
  retryLabel?: string;
  className?: string;
};

/** An error where it happened: what went wrong and what to do, the number for the operator, and a way to try again. */
export function ProblemNotice({ error, retry, retryLabel = 'Try again', className = '' }: ProblemNoticeProps) {
  const { title, trace } = error.problem;
  const body = (
    <div className="cl-problem__body">
      <span className="cl-problem__detail">{error.message}</span>
      {error.retryAfterSeconds !== undefined && (
        <span className="cl-problem__detail"> Possible again in {error.retryAfterSeconds} s.</span>
      )}
      {trace !== '' && error.problem.status >= 500 && (
        <span className="cl-problem__trace">
          For the operator: trace <code>{trace}</code>
        </span>
      )}
    </div>
  );
  const shared = {
    kind: 'error',
    lowContrast: true,
    hideCloseButton: true,
    title,
    className: `cl-problem ${className}`,
  } as const;
  return retry === undefined ? (
    <InlineNotification {...shared}>{body}</InlineNotification>
  ) : (
    <ActionableNotification
      {...shared}
      inline
      hasFocus={false}
      actionButtonLabel={retryLabel}
      onActionButtonClick={retry}
    >
      {body}
    </ActionableNotification>
  );
}
