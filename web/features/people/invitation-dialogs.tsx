import { TextInput } from '@carbon/react';
import { useState } from 'react';
import type { AccountRole, CreatedLink, Invitation } from '../../../contract/app/index.ts';
import { accountRoleMeanings, accountRoleWords, rolesToGive } from '../../app/account-roles.ts';
import { useInvitationChanges } from '../../app/api/people.ts';
import { useSession } from '../../app/session.tsx';
import { Choice } from '../../components/choice.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { LinkDialog } from './link-dialog.tsx';

export type OpenInvitationDialog =
  /** `invitation`: one whose link is lost or has expired, to be made again. */
  { kind: 'invite'; invitation?: Invitation } | { kind: 'revoke'; invitation: Invitation };

type InvitationDialogsProps = { open: OpenInvitationDialog | undefined; onClose: () => void };

export function InvitationDialogs({ open, onClose }: InvitationDialogsProps) {
  const { revoke } = useInvitationChanges();
  const [link, setLink] = useState<{ link: CreatedLink; email: string }>();
  return (
    <>
      {open?.kind === 'invite' && (
        <InviteDialog
          earlier={open.invitation}
          onLink={(created, email) => setLink({ link: created, email })}
          onClose={onClose}
        />
      )}
      {open?.kind === 'revoke' && (
        <Dialog
          title="Take back invitation?"
          submitLabel="Take back"
          isDangerous
          onClose={onClose}
          onSubmit={() => revoke.mutateAsync(open.invitation.id)}
        >
          <p>
            The link that was made for <strong>{open.invitation.email}</strong> stops working.
          </p>
        </Dialog>
      )}
      {link !== undefined && (
        <LinkDialog
          title="Invitation link"
          link={link.link}
          email={link.email}
          purpose="Whoever opens it joins the account."
          onClose={() => setLink(undefined)}
        />
      )}
    </>
  );
}

type InviteDialogProps = {
  earlier: Invitation | undefined;
  onLink: (link: CreatedLink, email: string) => void;
  onClose: () => void;
};

function InviteDialog({ earlier, onLink, onClose }: InviteDialogProps) {
  const { session } = useSession();
  const { create } = useInvitationChanges();
  const [email, setEmail] = useState(earlier?.email ?? '');
  const [role, setRole] = useState<AccountRole>(earlier?.role ?? 'member');
  return (
    <Dialog
      title="Invite somebody"
      submitLabel="Make link"
      canSubmit={/^\S+@\S+\.\S+$/.test(email.trim())}
      onClose={onClose}
      onSubmit={async () => onLink(await create.mutateAsync({ email: email.trim(), role }), email.trim())}
    >
      <TextInput
        id="invitation-email"
        data-modal-primary-focus
        type="email"
        labelText="Email"
        helperText="They sign in with it."
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={254}
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <Choice
        legend="Role"
        name="invitation-role"
        options={rolesToGive(session?.user.role)}
        words={accountRoleWords}
        meanings={accountRoleMeanings}
        chosen={role}
        onChoose={setRole}
      />
    </Dialog>
  );
}
