export { NOTEBOOK, requireNotebook } from './code/notebook.ts';
export { createPromptCode, type PromptCodeService } from './code/prompt-code-service.ts';
export { decodePromptTemplateContent } from './prompt-template-content.ts';
export {
  createPromptTemplates,
  type PromptTemplate,
  type PromptTemplateService,
  type PromptTemplateSummary,
} from './prompt-template-service.ts';
