import { useState } from 'react';
import type { CreatedLink, Person } from '../../../contract/app/index.ts';
import { accountRoleMeanings, accountRoleWords, rolesToGive } from '../../app/account-roles.ts';
import { usePersonChanges } from '../../app/api/people.ts';
import { useSession } from '../../app/session.tsx';
import { Choice } from '../../components/choice.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { LinkDialog } from './link-dialog.tsx';

export type OpenPersonDialog = {
  kind: 'role' | 'reset-password' | 'reset-second-factor' | 'sign-out' | 'suspend' | 'resume' | 'remove';
  person: Person;
};

type PersonDialogsProps = { open: OpenPersonDialog | undefined; onClose: () => void };

/** What can be done about a person, one question at a time, and the link that may come of it. */
export function PersonDialogs({ open, onClose }: PersonDialogsProps) {
  const [link, setLink] = useState<{ link: CreatedLink; email: string }>();
  return (
    <>
      {open?.kind === 'role' && <RoleDialog person={open.person} onClose={onClose} />}
      {open !== undefined && open.kind !== 'role' && (
        <Question
          kind={open.kind}
          person={open.person}
          onLink={(created) => setLink({ link: created, email: open.person.email })}
          onClose={onClose}
        />
      )}
      {link !== undefined && (
        <LinkDialog
          title="Password reset link"
          link={link.link}
          email={link.email}
          purpose="Whoever opens it sets a new password."
          onClose={() => setLink(undefined)}
        />
      )}
    </>
  );
}

function RoleDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const { session, refresh } = useSession();
  const { change } = usePersonChanges();
  const [role, setRole] = useState(person.role);
  return (
    <Dialog
      title="Change role"
      submitLabel="Change"
      canSubmit={role !== person.role}
      onClose={onClose}
      onSubmit={async () => {
        await change.mutateAsync({ id: person.id, role });
        // Which pages one sees goes by one's own role.
        if (person.id === session?.user.id) refresh();
      }}
    >
      <Choice
        legend={`Role of ${person.name}`}
        name="account-role"
        options={rolesToGive(session?.user.role)}
        words={accountRoleWords}
        meanings={accountRoleMeanings}
        chosen={role}
        onChoose={setRole}
      />
    </Dialog>
  );
}

type QuestionKind = Exclude<OpenPersonDialog['kind'], 'role'>;
type QuestionProps = {
  kind: QuestionKind;
  person: Person;
  onLink: (link: CreatedLink) => void;
  onClose: () => void;
};

const questions: Record<QuestionKind, { title: string; submitLabel: string; isDangerous: boolean; text: string }> = {
  'reset-password': {
    title: 'Make a password reset link?',
    submitLabel: 'Make link',
    isDangerous: false,
    text: 'gets a link to set a new password with. The password of now works until the link is used; earlier links stop working.',
  },
  'reset-second-factor': {
    title: 'Reset second factor?',
    submitLabel: 'Reset',
    isDangerous: true,
    text: 'loses the authenticator app, the passkeys and the recovery codes here, and signs in with the password alone until they are set up again. Make sure that it is really them who asked.',
  },
  'sign-out': {
    title: 'Sign out everywhere?',
    submitLabel: 'Sign out',
    isDangerous: true,
    text: 'is signed out in every browser, and what was not saved there is lost. API keys keep working.',
  },
  suspend: {
    title: 'Suspend?',
    submitLabel: 'Suspend',
    isDangerous: true,
    text: 'can’t sign in any more, and their API keys stop working. Their projects stay as they are, and you can let them in again.',
  },
  resume: {
    title: 'Let in again?',
    submitLabel: 'Resume',
    isDangerous: false,
    text: 'can sign in again, and their API keys work again.',
  },
  remove: {
    title: 'Remove from the account?',
    submitLabel: 'Remove',
    isDangerous: true,
    text: 'loses their access, their API keys and their roles in projects, for good. What they saved in projects stays.',
  },
};

function Question({ kind, person, onLink, onClose }: QuestionProps) {
  const { change, remove, signOutEverywhere, resetSecondFactor, resetPassword } = usePersonChanges();
  const { id } = person;
  const answers: Record<QuestionKind, () => Promise<unknown>> = {
    'reset-password': async () => onLink(await resetPassword.mutateAsync(id)),
    'reset-second-factor': () => resetSecondFactor.mutateAsync(id),
    'sign-out': () => signOutEverywhere.mutateAsync(id),
    suspend: () => change.mutateAsync({ id, isSuspended: true }),
    resume: () => change.mutateAsync({ id, isSuspended: false }),
    remove: () => remove.mutateAsync(id),
  };
  const { text, ...dialog } = questions[kind];
  return (
    <Dialog {...dialog} onClose={onClose} onSubmit={answers[kind]}>
      <p>
        <strong>{person.name}</strong> {text}
      </p>
    </Dialog>
  );
}
