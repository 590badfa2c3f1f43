import { ArrowRight } from '@carbon/icons-react';
import { Button } from '@carbon/react';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { useSubmit } from '../../components/use-submit.ts';

type AccountChoiceProps = {
  accounts: readonly { id: string; name: string }[];
  choose: (accountId: string) => Promise<void>;
  onStartAgain: () => void;
};

/** For somebody whose address and password are the same in several accounts. */
export function AccountChoice({ accounts, choose, onStartAgain }: AccountChoiceProps) {
  const { isBusy, error, submit } = useSubmit();
  return (
    <div className="cl-form">
      <ul className="cl-choices" aria-label="Accounts">
        {accounts.map(({ id, name }) => (
          <li key={id}>
            <Button
              kind="tertiary"
              renderIcon={ArrowRight}
              disabled={isBusy}
              onClick={() => void submit(() => choose(id))}
            >
              {name}
            </Button>
          </li>
        ))}
      </ul>
      {error !== undefined && <ProblemNotice error={error} />}
      <p>
        <button type="button" className="cl-link-button" onClick={onStartAgain}>
          Start again
        </button>
      </p>
    </div>
  );
}
