import { SkeletonText } from '@carbon/react';
import { useEffect, useRef, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router-dom';
import type { Project, SessionEntryContent } from '../../../contract/app/index.ts';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { isGenerative, useModels } from '../../app/api/models.ts';
import { useProjects } from '../../app/api/projects.ts';
import { usePromptTemplateChanges } from '../../app/api/prompt-templates.ts';
import { NotFoundPage } from '../../app/not-found-page.tsx';
import { useSay } from '../../components/live-phrases.tsx';
import { Page, usePageHeading } from '../../components/page.tsx';
import { PageProblem } from '../../components/page-problem.tsx';
import { PageWaiting } from '../../components/page-waiting.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import type { Receipt } from '../../components/receipt-line.tsx';
import { ChatEditor } from './chat-editor.tsx';
import { contentOf, hasText } from './draft/draft.ts';
import {
  changeDraft,
  draftKey,
  dropDraft,
  findDraft,
  putDraft,
  useDraft,
  useLeaveWarning,
} from './draft/draft-store.ts';
import { FreeformEditor } from './freeform-editor.tsx';
import { type LabDialog, LabDialogs } from './lab-dialogs.tsx';
import { LabToolbar } from './lab-toolbar.tsx';
import { SamplesHint } from './samples-hint.tsx';
import { SavedPromptsPanel } from './saved-prompts-panel.tsx';
import { recordEntry } from './sessions/recordings.ts';
import { SettingsPanel } from './settings-panel.tsx';
import { StructuredEditor } from './structured-editor.tsx';
import { useDraftLoading } from './use-draft-loading.ts';
import { type Panels, usePanels } from './use-panels.ts';
import { ViewerLab } from './viewer-lab.tsx';

/**
 * The route's two parameters decide which draft is shown; everything below starts anew when they change. The role is known before anything
 * is asked for: a Viewer's page opens no saved prompt, not even to be refused.
 */
export function PromptLabPage() {
  const { projectId = '', templateId } = useParams();
  const panels = usePanels(templateId);
  const receipts = useState<Receipt>();
  const projects = useProjects();
  if (projects.error !== null) {
    return <PageProblem error={toApiError(projects.error)} retry={() => void projects.refetch()} />;
  }
  const project = projects.data?.find((candidate) => candidate.id === projectId);
  if (project === undefined) return projects.isFetching ? <PageWaiting /> : <NotFoundPage />;
  if (project.role === 'viewer') return <ViewerLab project={project} />;
  return (
    <PromptLab
      key={draftKey(projectId, templateId)}
      project={project}
      templateId={templateId}
      panels={panels}
      receipts={receipts}
    />
  );
}

const editors = { freeform: FreeformEditor, structured: StructuredEditor, chat: ChatEditor };

type PromptLabProps = {
  project: Project;
  templateId: string | undefined;
  panels: Panels;
  /** Outlives the draft: whoever deletes the open prompt goes on with a new one. */
  receipts: [Receipt | undefined, (receipt: Receipt | undefined) => void];
};

function PromptLab({ project, templateId, panels, receipts: [receipt, setReceipt] }: PromptLabProps) {
  const projectId = project.id;
  const key = draftKey(projectId, templateId);
  const heading = usePageHeading('Prompt Lab');
  const navigate = useNavigate();
  const say = useSay();
  const [draft, change] = useDraft(key);
  const models = useModels();
  const { error, retry } = useDraftLoading({ projectId, templateId, draft });
  const [dialog, setDialog] = useState<LabDialog>();
  const [lastSeed, setLastSeed] = useState<number>();
  const [lastEntry, setLastEntry] = useState<SessionEntryContent>();
  const [saveError, setSaveError] = useState<ApiError>();
  const { change: changeTemplate } = usePromptTemplateChanges(projectId);
  useLeaveWarning();

  // The draft of a deleted prompt is dropped once its page is left: a page that misses its draft would ask for it again.
  const isDeleted = useRef(false);
  useEffect(
    () => () => {
      if (isDeleted.current) dropDraft(key);
    },
    [key],
  );

  const offered = models.data?.filter(isGenerative) ?? [];
  const model = offered.find((candidate) => candidate.modelId === draft?.modelId);
  const firstChoice = offered.find((candidate) => candidate.isDefault) ?? offered[0];
  const needsModel = draft !== undefined && draft.modelId === '' && firstChoice !== undefined;
  useEffect(() => {
    if (needsModel) change((before) => ({ ...before, modelId: firstChoice.modelId }));
  }, [needsModel, firstChoice, change]);

  async function saveChanges() {
    if (draft?.saved === undefined) return setDialog({ kind: 'save' });
    const content = contentOf(draft);
    setSaveError(undefined);
    try {
      await changeTemplate.mutateAsync({ id: draft.saved.id, content });
      change((before) => (before.saved === undefined ? before : { ...before, saved: { ...before.saved, content } }));
      say('Changes saved');
    } catch (thrown) {
      setSaveError(toApiError(thrown));
    }
  }

  function keepAnswered(entry: SessionEntryContent) {
    setLastEntry(entry);
    // As it is now: whoever stopped recording while the model wrote does not want this answer kept.
    const recording = findDraft(key)?.recording;
    if (recording !== undefined) recordEntry(projectId, recording.sessionId, entry);
  }

  function beginNewPrompt() {
    if (templateId !== undefined) navigate(`/projects/${projectId}/lab`);
    else setDialog({ kind: 'clear' });
  }

  if (error !== undefined) {
    return (
      <Page
        title="Prompt Lab"
        heading="This saved prompt does not open"
        back={<Link to={`/projects/${projectId}/lab`}>Prompt Lab</Link>}
      >
        <ProblemNotice error={error} retry={retry} />
      </Page>
    );
  }

  const Editor = editors[draft?.mode ?? 'freeform'];
  const runnable = model?.installation.state === 'available' && model.lifecycle !== 'withdrawn';
  const isAlone = !offered.some(({ installation }) => installation.state === 'available');
  const editorProps = { projectId, model, isAlone, canRun: runnable, onSeed: setLastSeed, onAnswered: keepAnswered };
  return (
    <div className="cl-lab">
      <LabToolbar
        heading={heading}
        project={project}
        draft={draft}
        change={change}
        panels={panels}
        isSaving={changeTemplate.isPending}
        saveError={saveError}
        receipt={receipt}
        onReceiptClose={() => setReceipt(undefined)}
        onSave={() => void saveChanges()}
        onSaveAs={() => setDialog({ kind: 'save' })}
        onSaveSession={() => setDialog({ kind: 'save-session' })}
        onSaveNotebook={() => setDialog({ kind: 'save-notebook' })}
        onViewCode={() => setDialog({ kind: 'view-code' })}
        onNew={beginNewPrompt}
      />
      <div className="cl-lab__body">
        {panels.isSavedOpen && (
          <SavedPromptsPanel
            projectId={projectId}
            openId={templateId}
            onClose={panels.closeSaved}
            onRename={(prompt) => setDialog({ kind: 'rename', prompt })}
            onDelete={(prompt) => setDialog({ kind: 'delete', prompt })}
          />
        )}
        <div className="cl-lab__work" inert={panels.isCovering}>
          {draft === undefined ? (
            <div className="cl-lab__loading" aria-busy="true">
              <SkeletonText paragraph lineCount={6} />
            </div>
          ) : (
            <>
              {templateId === undefined && !hasText(draft) && <SamplesHint projectId={projectId} />}
              <Editor draft={draft} change={change} {...editorProps} />
            </>
          )}
        </div>
        {panels.isSettingsOpen && (
          <SettingsPanel
            projectId={projectId}
            draft={draft}
            change={change}
            models={models}
            offered={offered}
            model={model}
            lastSeed={lastSeed}
            onClose={panels.closeSettings}
          />
        )}
      </div>
      {dialog !== undefined && (
        <LabDialogs
          dialog={dialog}
          projectId={projectId}
          draft={draft}
          onClose={() => setDialog(undefined)}
          onSaved={(saved) => {
            if (draft !== undefined) putDraft(draftKey(projectId, saved.id), { ...draft, saved });
            if (templateId === undefined) dropDraft(key);
            say(`Saved as ${saved.name}`);
            navigate(`/projects/${projectId}/lab/${saved.id}`, { replace: templateId === undefined });
          }}
          onRenamed={(renamed) => {
            changeDraft(draftKey(projectId, renamed.id), (before) =>
              before.saved === undefined ? before : { ...before, saved: { ...before.saved, ...renamed } },
            );
            say(`Renamed to ${renamed.name}`);
          }}
          onDeleted={({ id, name }, { receipt: signed }) => {
            say('Saved prompt deleted');
            setReceipt({ what: name, id, receipt: signed });
            if (id !== templateId) return dropDraft(draftKey(projectId, id));
            isDeleted.current = true;
            navigate(`/projects/${projectId}/lab`, { replace: true });
          }}
          lastEntry={lastEntry}
          onSessionSaved={(recording) => {
            change((before) => ({ ...before, recording }));
            say(`Recording in the session ${recording.name}`);
          }}
          onNotebookSaved={(name) => say(`Saved as the notebook ${name}`)}
          onCleared={() => dropDraft(key)}
        />
      )}
    </div>
  );
}
