import { FingerprintRecognition, Launch } from '@carbon/icons-react';
import { Button } from '@carbon/react';
import type { SignInResult } from '../../../contract/app/index.ts';
import { identityProviderLink, signInWithPasskey, useIdentityProviders } from '../../app/api/identity.ts';
import { passkeySupport } from '../../app/api/passkeys.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { useSubmit } from '../../components/use-submit.ts';

/** Ways to sign in without a password: those that this browser and this deployment have. */
export function OtherWays({ onResult }: { onResult: (result: SignInResult) => void }) {
  const { data: providers = [] } = useIdentityProviders();
  const { isBusy, error, submit } = useSubmit();
  const hasPasskeys = passkeySupport() === 'yes';
  if (!hasPasskeys && providers.length === 0) return null;
  return (
    <section className="cl-other-ways" aria-label="Other ways to sign in">
      <p className="cl-other-ways__or" aria-hidden="true">
        or
      </p>
      {hasPasskeys && (
        <Button
          kind="tertiary"
          renderIcon={FingerprintRecognition}
          disabled={isBusy}
          onClick={() => void submit(async () => onResult(await signInWithPasskey()))}
        >
          Sign in with a passkey
        </Button>
      )}
      {providers.map(({ id, name }) => (
        <Button key={id} kind="tertiary" renderIcon={Launch} href={identityProviderLink(id)}>
          Sign in with {name}
        </Button>
      ))}
      {error !== undefined && <ProblemNotice error={error} />}
    </section>
  );
}
