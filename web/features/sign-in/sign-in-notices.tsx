import { InlineNotification } from '@carbon/react';
import { useQuery } from '@tanstack/react-query';
import { useLocation } from 'react-router-dom';
import { useFragment } from '../../app/address-fragment.ts';
import { setUpState } from '../../app/api/identity.ts';
import { useSession } from '../../app/session.tsx';

/** The words that a sign-in at an identity provider can come back with; the server sends no others. */
const FAILED = 'It did not answer as it should. Try again; if it keeps failing, tell the operator of this server.';
const returnWords: Readonly<Record<string, string>> = {
  refused: 'It did not say who you are. Try again, or sign in another way.',
  'not-allowed': 'It knows you, but you have no access here. Ask an administrator of your account.',
  failed: FAILED,
};

/** What somebody should know before they sign in. */
export function SignInNotices() {
  const { hasExpired } = useSession();
  const { data: setUp } = useQuery({ queryKey: ['setup'], queryFn: setUpState });
  const { state } = useLocation() as { state: { hasNewPassword?: boolean } | null };
  const returned = useFragment('/sign-in');
  return (
    <>
      {returned !== undefined && (
        <InlineNotification
          kind="error"
          lowContrast
          hideCloseButton
          title="The identity provider did not sign you in."
          subtitle={returnWords[returned] ?? FAILED}
        />
      )}
      {state?.hasNewPassword === true && (
        <InlineNotification
          kind="success"
          lowContrast
          hideCloseButton
          title="Your new password is set."
          subtitle="Sign in with it. Every session that was open has ended. API keys and passkeys still work: look at the page API keys and in your settings whether you know all of them."
        />
      )}
      {hasExpired && (
        <InlineNotification
          kind="info"
          lowContrast
          hideCloseButton
          title="Your session ended."
          subtitle="Text that was not saved has been deleted from the page. Saved prompts are where you left them."
        />
      )}
      {setUp?.needed === true && (
        <InlineNotification
          kind="info"
          lowContrast
          hideCloseButton
          title="This server has no administrator yet."
          subtitle="Open the one-time link that it printed when it started."
        />
      )}
    </>
  );
}
