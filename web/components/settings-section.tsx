import { type ReactNode, useId } from 'react';

type SettingsSectionProps = { title: string; text: ReactNode; children: ReactNode };

/** One subject of a page of settings: what it is about, and what can be done. */
export function SettingsSection({ title, text, children }: SettingsSectionProps) {
  const titleId = useId();
  return (
    <section className="cl-settings__section" aria-labelledby={titleId}>
      <div>
        <h2 className="cl-settings__title" id={titleId}>
          {title}
        </h2>
        <p className="cl-settings__text">{text}</p>
      </div>
      <div className="cl-settings__body">{children}</div>
    </section>
  );
}
