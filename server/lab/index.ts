export { decodePromptTemplateContent } from './prompt-template-content.ts';
export {
  createPromptTemplates,
  type PromptTemplate,
  type PromptTemplateService,
  type PromptTemplateSummary,
} from './prompt-template-service.ts';
