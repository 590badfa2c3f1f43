import { Logout, UserAvatar } from '@carbon/icons-react';
import { Button, ContentSwitcher, HeaderGlobalAction, Switch } from '@carbon/react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router-dom';
import type { Session } from '../../contract/app/index.ts';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { managesPeople } from './account-roles.ts';
import { type ApiError, toApiError } from './api/client.ts';
import { useSession } from './session.tsx';
import { type Appearance, useTheme } from './theme.tsx';

const appearances: readonly Appearance[] = ['system', 'light', 'dark'];
const appearanceLabels: Record<Appearance, string> = { system: 'System', light: 'Light', dark: 'Dark' };

const menuLinks = ({ user }: Session) => [
  { label: 'Your settings', path: '/settings' },
  ...(managesPeople(user.role)
    ? [
        { label: 'People', path: '/people' },
        { label: 'Account settings', path: '/account' },
      ]
    : []),
];

/** Who is signed in, how the page looks, and the way out. */
export function AccountMenu({ session }: { session: Session }) {
  const { end } = useSession();
  const { appearance, choose } = useTheme();
  const [isOpen, setIsOpen] = useState(false);
  const [error, setError] = useState<ApiError>();

  const frame = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!isOpen) return;
    const closeOutside = ({ target }: Event) => {
      if (target instanceof Node && frame.current?.contains(target) === false) setIsOpen(false);
    };
    const closeOnEscape = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape') return;
      setIsOpen(false);
      frame.current?.querySelector('button')?.focus();
    };
    document.addEventListener('keydown', closeOnEscape);
    document.addEventListener('pointerdown', closeOutside);
    document.addEventListener('focusin', closeOutside);
    return () => {
      document.removeEventListener('keydown', closeOnEscape);
      document.removeEventListener('pointerdown', closeOutside);
      document.removeEventListener('focusin', closeOutside);
    };
  }, [isOpen]);

  return (
    <div ref={frame} className="cl-account-menu">
      <HeaderGlobalAction
        aria-label="Account and appearance"
        aria-expanded={isOpen}
        tooltipAlignment="end"
        isActive={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <UserAvatar size={20} />
      </HeaderGlobalAction>
      {isOpen && (
        <section className="cl-account" aria-label="Account and appearance">
          <div>
            <p className="cl-account__name">{session.user.name}</p>
            <p className="cl-account__line">{session.user.email}</p>
            <p className="cl-account__line">{session.account.name}</p>
          </div>
          <nav aria-label="Yours">
            <ul className="cl-account__links">
              {menuLinks(session).map(({ label, path }) => (
                <li key={path}>
                  <Link to={path} onClick={() => setIsOpen(false)}>
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <div>
            <p className="cl-account__label" id="appearance-label">
              Appearance
            </p>
            <ContentSwitcher
              size="sm"
              aria-labelledby="appearance-label"
              selectedIndex={appearances.indexOf(appearance)}
              onChange={({ name }) => {
                const next = appearances.find((known) => known === name);
                if (next !== undefined) choose(next);
              }}
            >
              {appearances.map((name) => (
                <Switch key={name} name={name} text={appearanceLabels[name]} />
              ))}
            </ContentSwitcher>
          </div>
          {error !== undefined && <ProblemNotice error={error} />}
          <Button
            kind="tertiary"
            size="sm"
            renderIcon={Logout}
            onClick={() => end().catch((thrown: unknown) => setError(toApiError(thrown)))}
          >
            Sign out
          </Button>
          <p className="cl-account__note">Signing out deletes unsaved text from this page.</p>
        </section>
      )}
    </div>
  );
}
