import { ArrowRight, FingerprintRecognition } from '@carbon/icons-react';
import { Button, TextInput } from '@carbon/react';
import { useEffect, useRef, useState } from 'react';
import type { SecondFactorMethod, SignInResult } from '../../../contract/app/index.ts';
import { giveSecondFactor, signInWithPasskey } from '../../app/api/identity.ts';
import { passkeySupport } from '../../app/api/passkeys.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { useSubmit } from '../../components/use-submit.ts';

type SecondFactorFormProps = {
  step: Extract<SignInResult, { state: 'second-factor' }>;
  onResult: (result: SignInResult) => void;
  onStartAgain: () => void;
};

const preferred: readonly SecondFactorMethod[] = ['totp', 'passkey', 'recovery-code'];
const switchWords: Record<SecondFactorMethod, string> = {
  totp: 'Use a code of your authenticator app',
  passkey: 'Use a passkey',
  'recovery-code': 'Use a recovery code',
};

/** Asks for whatever the person has set up beside the password. */
export function SecondFactorForm({ step, onResult, onStartAgain }: SecondFactorFormProps) {
  const offered = preferred.filter(
    (method) => step.methods.includes(method) && (method !== 'passkey' || passkeySupport() === 'yes'),
  );
  const [method, setMethod] = useState<SecondFactorMethod>(offered[0] ?? 'recovery-code');
  return (
    <div className="cl-form">
      {method === 'passkey' ? (
        <PasskeyStep key={method} stepToken={step.stepToken} onResult={onResult} />
      ) : (
        <CodeStep key={method} method={method} stepToken={step.stepToken} onResult={onResult} />
      )}
      <ul className="cl-entrance__links">
        {offered
          .filter((other) => other !== method)
          .map((other) => (
            <li key={other}>
              <button type="button" className="cl-link-button" onClick={() => setMethod(other)}>
                {switchWords[other]}
              </button>
            </li>
          ))}
        <li>
          <button type="button" className="cl-link-button" onClick={onStartAgain}>
            Start again
          </button>
        </li>
      </ul>
    </div>
  );
}

type StepProps = { stepToken: string; onResult: (result: SignInResult) => void };

function CodeStep({ method, stepToken, onResult }: StepProps & { method: 'totp' | 'recovery-code' }) {
  const [code, setCode] = useState('');
  const { isBusy, error, submit } = useSubmit();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const isTotp = method === 'totp';
  const isComplete = isTotp ? /^\d{6}$/.test(code.replaceAll(/\s/g, '')) : code.trim() !== '';
  async function give(): Promise<void> {
    const sent = isTotp ? code.replaceAll(/\s/g, '') : code.trim();
    if (!(await submit(async () => onResult(await giveSecondFactor({ stepToken, method, code: sent }))))) {
      setCode('');
      field.current?.focus();
    }
  }
  return (
    <form
      className="cl-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (isComplete) void give();
      }}
    >
      <TextInput
        ref={field}
        id="second-factor-code"
        labelText={isTotp ? 'Code' : 'Recovery code'}
        helperText={
          isTotp
            ? 'The six digits that your authenticator app shows now.'
            : 'One of the codes that you kept when you set up the app. Each works once.'
        }
        autoComplete={isTotp ? 'one-time-code' : 'off'}
        inputMode={isTotp ? 'numeric' : 'text'}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={isTotp ? 7 : 40}
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
      {error !== undefined && <ProblemNotice error={error} />}
      <Button type="submit" renderIcon={ArrowRight} disabled={isBusy || !isComplete}>
        {isBusy ? 'Checking …' : 'Continue'}
      </Button>
    </form>
  );
}

function PasskeyStep({ stepToken, onResult }: StepProps) {
  const { isBusy, error, submit } = useSubmit();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <div className="cl-form">
      {error !== undefined && <ProblemNotice error={error} />}
      <Button
        ref={button}
        renderIcon={FingerprintRecognition}
        disabled={isBusy}
        onClick={() => void submit(async () => onResult(await signInWithPasskey(stepToken)))}
      >
        {isBusy ? 'Waiting for the passkey …' : 'Use your passkey'}
      </Button>
    </div>
  );
}
