import { jsonLiteral } from './literals.ts';
import { watsonxChatParameters, watsonxGenerationParameters } from './parameters.ts';
import type { PromptRun } from './prompt-run.ts';

/** IBM's APIs are dated; this is the date by which Cloister's speak. */
export const WATSONX_VERSION = '2025-02-11';

/** Bash: watsonx's API by hand. The request is a quoted here-document, in which nothing is expanded and no line is the one that ends it. */
export function curlCode(run: PromptRun): { readonly code: string; readonly notes: readonly string[] } {
  const { filled, modelId, projectId, siteUrl } = run;
  const { path, body, notes } =
    filled.mode === 'freeform'
      ? {
          path: '/ml/v1/text/generation',
          body: { input: filled.text, parameters: watsonxGenerationParameters(run.parameters) },
          notes: [],
        }
      : { path: '/ml/v1/text/chat', ...chatBody(run, filled.messages) };
  const request = jsonLiteral({ model_id: modelId, project_id: projectId, ...body });
  const code = `curl --silent --show-error ${shellLiteral(`${siteUrl}${path}?version=${WATSONX_VERSION}`)} \\
  --header "Authorization: Bearer $CLOISTER_API_KEY" \\
  --header 'Content-Type: application/json' \\
  --data-binary @- <<'JSON'
${request}
JSON
`;
  const inText =
    Object.keys(run.variables).length > 0 ? ['The values of the variables are part of the prompt here.'] : [];
  return { code, notes: ['Needs bash and curl.', ...inText, ...notes] };
}

function chatBody(run: PromptRun, messages: readonly { readonly role: string; readonly content: string }[]) {
  const { parameters, notes } = watsonxChatParameters(run.parameters);
  return { body: { messages, ...parameters }, notes };
}

function shellLiteral(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
