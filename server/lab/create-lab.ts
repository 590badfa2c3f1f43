import { MAX_SESSION_ENTRIES, SESSION_DAYS } from '../../contract/app/index.ts';
import {
  type AssetLockService,
  type AssetPartService,
  type AssetService,
  type ContentChecks,
  MOST_VERSIONS,
  type PartRules,
} from '../assets/index.ts';
import type { Authorize, Clock } from '../core/index.ts';
import { NOTEBOOK, requireNotebook } from './code/notebook.ts';
import { createPromptCode, type PromptCodeService } from './code/prompt-code-service.ts';
import { decodePromptSession, decodeSessionEntry } from './prompt-session-content.ts';
import { createPromptSessions, PROMPT_SESSION, type PromptSessionService } from './prompt-session-service.ts';
import { decodePromptTemplateContent } from './prompt-template-content.ts';
import { createPromptTemplates, PROMPT_TEMPLATE, type PromptTemplateService } from './prompt-template-service.ts';

/** The Prompt Lab's saved work, and what is made of prompts. */
export type Lab = {
  readonly promptTemplates: PromptTemplateService;
  readonly promptSessions: PromptSessionService;
  readonly promptCode: PromptCodeService;
};

/** @param options.siteUrl where people reach the server, known once it listens */
export function createLab(options: {
  readonly assets: AssetService;
  readonly parts: AssetPartService;
  readonly locks: AssetLockService;
  readonly authorize: Authorize;
  readonly clock: Clock;
  readonly siteUrl: () => string;
}): Lab {
  return {
    promptTemplates: createPromptTemplates(options),
    promptSessions: createPromptSessions(options),
    promptCode: createPromptCode(options),
  };
}

/** What an archive's assets of this room must be, before any of them is taken in. */
export const labContentChecks: ContentChecks = {
  [PROMPT_TEMPLATE]: decodePromptTemplateContent,
  [PROMPT_SESSION]: decodePromptSession,
  [NOTEBOOK]: requireNotebook,
};

/** The same of what lies under them. */
export const labPartRules: PartRules = {
  [PROMPT_TEMPLATE]: { kind: 'version', check: decodePromptTemplateContent, mostKept: MOST_VERSIONS },
  [PROMPT_SESSION]: {
    kind: 'entry',
    check: decodeSessionEntry,
    mostKept: MAX_SESSION_ENTRIES,
    keptForDays: SESSION_DAYS,
  },
};
