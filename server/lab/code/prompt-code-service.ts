import type {
  CodeLanguage,
  NotebookSdk,
  PromptCode,
  PromptContent,
  VariableValues,
} from '../../../contract/app/index.ts';
import type { Asset, AssetService } from '../../assets/index.ts';
import { type Actor, type Authorize, Confidential } from '../../core/index.ts';
import { NOTEBOOK, NOTEBOOK_MEDIA_TYPE, notebookOf } from './notebook.ts';
import { promptCodeOf } from './prompt-code.ts';

type Prompt = { readonly content: PromptContent; readonly values: VariableValues };

/** Code that runs prompts elsewhere, with the answer that the Prompt Lab gives. */
export type PromptCodeService = {
  /**
   * Keeps nothing.
   * @throws AppError `failed-precondition` (reason `nothing-to-run`, or `not-in-code`: the SDK has no word for what changes the answer)
   */
  codeOf(
    actor: Actor,
    projectId: string,
    request: { readonly language: CodeLanguage; readonly prompt: Confidential<Prompt> },
  ): Promise<Confidential<PromptCode>>;
  /** Saves a notebook, sealed, as an asset that stays until it is deleted. @throws AppError as `codeOf` */
  saveNotebook(
    actor: Actor,
    projectId: string,
    notebook: {
      readonly name: string;
      readonly description: string;
      readonly sdk: NotebookSdk;
      readonly prompt: Confidential<Prompt>;
    },
  ): Promise<Asset>;
};

/** @param siteUrl where people reach the server, known once it listens */
export function createPromptCode(options: {
  readonly assets: Pick<AssetService, 'create'>;
  readonly authorize: Authorize;
  readonly siteUrl: () => string;
}): PromptCodeService {
  const { assets, authorize, siteUrl } = options;
  return {
    async codeOf(actor, projectId, { language, prompt }) {
      const { content, values } = prompt.reveal('assemble-prompt');
      await authorize(actor, { action: 'run-prompt', projectId, modelId: content.modelId });
      return Confidential.of(promptCodeOf({ content, values, language }, { siteUrl: siteUrl(), projectId }));
    },
    async saveNotebook(actor, projectId, { name, description, sdk, prompt }) {
      await authorize(actor, { action: 'write-asset', projectId });
      const document = notebookOf({ ...prompt.reveal('assemble-prompt'), sdk }, { siteUrl: siteUrl(), projectId });
      const content = Confidential.of<Uint8Array>(Buffer.from(`${JSON.stringify(document, undefined, 1)}\n`, 'utf8'));
      return assets.create(actor, projectId, {
        type: NOTEBOOK,
        name,
        description,
        mediaType: NOTEBOOK_MEDIA_TYPE,
        content,
      });
    },
  };
}
