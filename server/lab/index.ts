export type { PromptCodeService } from './code/prompt-code-service.ts';
export { createLab, type Lab, labContentChecks, labPartRules } from './create-lab.ts';
export type {
  PromptSessionService,
  PromptSessionSummary,
  SessionEntry,
  SessionEntrySummary,
} from './prompt-session-service.ts';
export type {
  PromptTemplate,
  PromptTemplateChange,
  PromptTemplateService,
  PromptTemplateSummary,
  PromptVersion,
  PromptVersionSummary,
} from './prompt-template-service.ts';
