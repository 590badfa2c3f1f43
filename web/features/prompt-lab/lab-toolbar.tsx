import { Add, Catalog, Save, SettingsAdjust } from '@carbon/icons-react';
import { Button, ContentSwitcher, InlineLoading, OverflowMenu, OverflowMenuItem, Switch, Tag } from '@carbon/react';
import type { RefObject } from 'react';
import { Link } from 'react-router-dom';
import type { Project } from '../../../contract/app/index.ts';
import type { ApiError } from '../../app/api/client.ts';
import { KeyNotice } from '../../components/key-notice.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { type Receipt, ReceiptLine } from '../../components/receipt-line.tsx';
import { type Draft, hasChanges, hasText, type LabMode, promptOf } from './draft/draft.ts';
import { switchMode } from './draft/draft-modes.ts';
import { RecordingLine } from './sessions/recording-line.tsx';
import type { Panels } from './use-panels.ts';

const modes: readonly { name: LabMode; text: string }[] = [
  { name: 'freeform', text: 'Freeform' },
  { name: 'structured', text: 'Structured' },
  { name: 'chat', text: 'Chat' },
];

type LabToolbarProps = {
  heading: RefObject<HTMLHeadingElement | null>;
  project: Project;
  draft: Draft | undefined;
  change: (change: (draft: Draft) => Draft) => void;
  panels: Panels;
  isSaving: boolean;
  saveError: ApiError | undefined;
  /** Of what was deleted last. */
  receipt: Receipt | undefined;
  onReceiptClose: () => void;
  onSave: () => void;
  onSaveAs: () => void;
  onSaveSession: () => void;
  onSaveNotebook: () => void;
  onViewCode: () => void;
  onNew: () => void;
};

/** What is open, whether it is saved, and what one can do with it. */
export function LabToolbar(props: LabToolbarProps) {
  const { draft, change, panels } = props;
  const mode = draft?.mode ?? 'freeform';
  const isNew = draft?.saved === undefined;
  const isChanged = draft !== undefined && hasChanges(draft);
  const isWritten = draft !== undefined && draft.modelId !== '' && promptOf(draft) !== undefined;
  const canSave = isChanged && draft.modelId !== '' && !props.isSaving;

  return (
    <div className="cl-lab__toolbar">
      <div className="cl-lab__identity">
        <nav aria-label="Breadcrumb" className="cl-lab__crumbs">
          <Link to="/projects">Projects</Link> <span aria-hidden="true">/</span>{' '}
          <span className="cl-truncate">{props.project.name}</span>
        </nav>
        <div className="cl-lab__title-row">
          <h1 ref={props.heading} tabIndex={-1} className="cl-lab__title">
            <span className="cl-visually-hidden">Prompt Lab: </span>
            {draft?.saved?.name ?? 'New prompt'}
          </h1>
          {props.isSaving ? (
            <InlineLoading description="Saving …" className="cl-lab__saving" />
          ) : isChanged ? (
            <Tag type="warm-gray" size="sm">
              {isNew ? 'Not saved' : 'Unsaved changes'}
            </Tag>
          ) : (
            !isNew && (
              <Tag type="green" size="sm">
                Saved
              </Tag>
            )
          )}
        </div>
      </div>
      <ContentSwitcher
        size="md"
        className="cl-lab__modes"
        aria-label="Mode"
        selectedIndex={modes.findIndex(({ name }) => name === mode)}
        onChange={({ name }) => {
          const chosen = modes.find((candidate) => candidate.name === name);
          if (chosen !== undefined) change((before) => switchMode(before, chosen.name));
        }}
      >
        {modes.map(({ name, text }) => (
          <Switch key={name} name={name} text={text} />
        ))}
      </ContentSwitcher>
      <div className="cl-lab__actions">
        <Button
          kind="ghost"
          size="md"
          renderIcon={Catalog}
          aria-expanded={panels.isSavedOpen}
          aria-label="Saved prompts"
          title="Saved prompts"
          className="cl-lab__action"
          onClick={panels.toggleSaved}
        >
          <span className="cl-lab__action-text">Saved prompts</span>
        </Button>
        <Button
          kind="ghost"
          size="md"
          renderIcon={Add}
          aria-label="New prompt"
          title="New prompt"
          className="cl-lab__action"
          disabled={isNew && (draft === undefined || !hasText(draft))}
          onClick={props.onNew}
        >
          <span className="cl-lab__action-text">New prompt</span>
        </Button>
        <Button
          kind="ghost"
          size="md"
          renderIcon={SettingsAdjust}
          aria-expanded={panels.isSettingsOpen}
          aria-label="Settings: model and parameters"
          title="Settings"
          className="cl-lab__action"
          onClick={panels.toggleSettings}
        >
          <span className="cl-lab__action-text">Settings</span>
        </Button>
        <Button kind="primary" size="md" renderIcon={Save} disabled={!canSave} onClick={props.onSave}>
          {isNew ? 'Save as …' : 'Save changes'}
        </Button>
        <OverflowMenu aria-label="More" iconDescription="More" size="md" flipped>
          {!isNew && <OverflowMenuItem itemText="Save as a new prompt …" onClick={props.onSaveAs} />}
          <OverflowMenuItem
            itemText="Save as a prompt session …"
            disabled={draft === undefined || draft.recording !== undefined}
            onClick={props.onSaveSession}
          />
          <OverflowMenuItem itemText="Save as a notebook …" disabled={!isWritten} onClick={props.onSaveNotebook} />
          <OverflowMenuItem itemText="View code …" disabled={!isWritten} onClick={props.onViewCode} />
        </OverflowMenu>
      </div>
      {draft?.recording !== undefined && (
        <RecordingLine
          projectId={props.project.id}
          recording={draft.recording}
          onStop={() => change((before) => ({ ...before, recording: undefined }))}
        />
      )}
      {props.saveError !== undefined && (
        <ProblemNotice error={props.saveError} retry={props.onSave} className="cl-lab__notice" />
      )}
      {props.receipt !== undefined && (
        <ReceiptLine receipt={props.receipt} onClose={props.onReceiptClose} className="cl-lab__notice" />
      )}
      <KeyNotice projectId={props.project.id} className="cl-lab__notice" />
    </div>
  );
}
