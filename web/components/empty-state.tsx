import type { ReactNode } from 'react';

/** Says what belongs here, why one would want it, and how to begin. */
export function EmptyState({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <section className="cl-empty">
      <h2 className="cl-empty__title">{title}</h2>
      <div className="cl-empty__text">{children}</div>
      {action}
    </section>
  );
}
