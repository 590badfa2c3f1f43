export {
  createPromptTemplates,
  type PromptTemplate,
  type PromptTemplateService,
  type PromptTemplateSummary,
} from './prompt-template-service.ts';
