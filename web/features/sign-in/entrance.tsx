import { Locked } from '@carbon/icons-react';
import type { ReactNode } from 'react';
import { usePageHeading } from '../../components/page.tsx';

type EntranceProps = {
  title: string;
  lead: ReactNode;
  /** False where a field of the page takes the focus. */
  movesFocus?: boolean;
  children: ReactNode;
};

/** The frame of the pages that people see before they are signed in. */
export function Entrance({ title, lead, movesFocus = true, children }: EntranceProps) {
  const heading = usePageHeading(title, movesFocus);
  return (
    <div className="cl-entrance">
      <main className="cl-entrance__form">
        <p className="cl-entrance__product">Cloister</p>
        <h1 ref={heading} tabIndex={-1} className="cl-entrance__title">
          {title}
        </h1>
        <p className="cl-entrance__lead">{lead}</p>
        {children}
        <p className="cl-entrance__foot">
          <Locked size={16} aria-hidden="true" />
          <span>
            A private foundation-model studio on your organisation's own machines. Prompts and answers stay here, and
            are not stored unless you save them.
          </span>
        </p>
      </main>
    </div>
  );
}
