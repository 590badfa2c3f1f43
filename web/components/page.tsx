import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';

type PageProps = { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode };

/** A page of the application: heading, one sentence about it, its main actions, and its body. */
export function Page({ title, lead, actions, children }: PageProps) {
  const heading = usePageHeading(title);
  return (
    <div className="cl-page">
      <header className="cl-page__header">
        <div>
          <h1 ref={heading} tabIndex={-1} className="cl-page__title">
            {title}
          </h1>
          {lead !== undefined && <p className="cl-page__lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="cl-page__actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** Names the document (never with words of the user's: titles end up in the browser's history) and moves the focus to the heading. */
export function usePageHeading(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – Cloister`;
    heading.current?.focus({ preventScroll: true });
  }, [title]);
  return heading;
}
