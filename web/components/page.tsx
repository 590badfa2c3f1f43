import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';

type PageProps = {
  title: string;
  /** In place of the title where the heading has words of people's; the document keeps the title. */
  heading?: string;
  lead?: ReactNode;
  /** The way to the page above, where there is one. */
  back?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
};

/** A page of the application: heading, one sentence about it, its main actions, and its body. */
export function Page({ title, heading = title, lead, back, actions, children }: PageProps) {
  const headingElement = usePageHeading(title);
  return (
    <div className="cl-page">
      {back !== undefined && <p className="cl-page__back">{back}</p>}
      <header className="cl-page__header">
        <div>
          <h1 ref={headingElement} tabIndex={-1} className="cl-page__title">
            {heading}
          </h1>
          {lead !== undefined && <p className="cl-page__lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="cl-page__actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/**
 * Names the document (never with words of the user's: titles end up in the browser's history) and moves the focus to the heading, unless
 * the page moves it to a field.
 */
export function usePageHeading(title: string, movesFocus = true) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – Cloister`;
    if (movesFocus) heading.current?.focus({ preventScroll: true });
  }, [title, movesFocus]);
  return heading;
}
