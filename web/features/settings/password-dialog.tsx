import { type ReactNode, useState } from 'react';
import type { Profile } from '../../../contract/app/index.ts';
import { Dialog } from '../../components/dialog.tsx';
import { OwnPassword } from './own-password.tsx';

type PasswordDialogProps = {
  title: string;
  submitLabel: string;
  isDangerous?: boolean;
  profile: Profile;
  /** `password` is undefined for somebody who has none; the server then wants a sign-in that is not old. */
  onSubmit: (password: string | undefined) => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
};

/** A question about the sign-in itself: whoever only found the browser open can't answer it. */
export function PasswordDialog({ profile, onSubmit, children, ...dialog }: PasswordDialogProps) {
  const [password, setPassword] = useState('');
  return (
    <Dialog
      {...dialog}
      canSubmit={!profile.hasPassword || password !== ''}
      onSubmit={() => onSubmit(profile.hasPassword ? password : undefined)}
    >
      {children}
      {profile.hasPassword && <OwnPassword value={password} onChange={setPassword} />}
    </Dialog>
  );
}
