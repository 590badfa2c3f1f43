/**
 * Wire shapes of Cloister's own REST API, shared by server, web and cli. Paths are below `/api/v1`.
 * The same schemas check requests, shape answers and make the OpenAPI document.
 */
export * from './assemble-prompt.ts';
export * from './audit.ts';
export * from './bucket.ts';
export * from './collaborators.ts';
export * from './common.ts';
export * from './data-assets.ts';
export * from './export.ts';
export * from './generation.ts';
export * from './identity.ts';
export * from './keys.ts';
export * from './models.ts';
export * from './operations.ts';
export * from './people.ts';
export * from './projects.ts';
export * from './prompt-code.ts';
export * from './prompt-input.ts';
export * from './prompt-sessions.ts';
export * from './prompt-templates.ts';
export * from './prompts.ts';
export * from './receipts.ts';
export * from './uploads.ts';
