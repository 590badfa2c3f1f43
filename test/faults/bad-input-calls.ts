/** Every call of the three surfaces that takes a prompt, and what each names the things that can be wrong with it. */
import { randomUUID } from 'node:crypto';

export const MODEL = 'huggingfacetb/smollm2-135m-instruct';
/** The word that stands for what people write. It may come back nowhere. */
export const CANARY = `canary${randomUUID().replaceAll('-', '')}`;
const VERSION = '?version=2025-02-11';

export type Surface = 'app' | 'watsonx' | 'openai';

export type Call = {
  readonly surface: Surface;
  readonly path: (projectId: string) => string;
  /** A body that is fine, around a prompt; `prompt` may also be of a type that it should not be. */
  readonly body: (prompt: unknown, projectId: string) => Record<string, unknown>;
  /** The caller's names of things. */
  readonly model: string;
  readonly prompt: { readonly wrongType: string; readonly empty: string; readonly tooBig: string };
  /** What names a prompt that the context has no room for; undefined for a call that runs nothing. */
  readonly overContext?: string;
  readonly outOfRange?: { readonly change: (body: Record<string, unknown>) => object; readonly field: string };
};

const chat = (content: unknown) => [{ role: 'user', content }];
const flatRange = (name: string) => ({
  change: (body: Record<string, unknown>) => ({ ...body, [name]: 99 }),
  field: name,
});
const appRange = {
  change: (body: Record<string, unknown>) => ({ ...body, parameters: { temperature: 99 } }),
  field: 'parameters.temperature',
};

export const calls: Readonly<Record<string, Call>> = {
  'the app, freeform': {
    surface: 'app',
    path: (projectId) => `/api/v1/projects/${projectId}/generate`,
    body: (text) => ({ modelId: MODEL, prompt: { mode: 'freeform', text }, parameters: { maxNewTokens: 2 } }),
    model: 'modelId',
    prompt: { wrongType: 'prompt.text', empty: 'prompt.text', tooBig: 'prompt.text' },
    overContext: 'prompt',
    outOfRange: appRange,
  },
  'the app, chat': {
    surface: 'app',
    path: (projectId) => `/api/v1/projects/${projectId}/generate`,
    body: (content) => ({
      modelId: MODEL,
      prompt: { mode: 'chat', messages: content === '' ? [] : chat(content) },
      parameters: { maxNewTokens: 2 },
    }),
    model: 'modelId',
    prompt: {
      wrongType: 'prompt.messages.0.content',
      empty: 'prompt.messages',
      tooBig: 'prompt.messages.0.content',
    },
    overContext: 'prompt',
    outOfRange: appRange,
  },
  'the app, counting tokens': {
    surface: 'app',
    path: (projectId) => `/api/v1/projects/${projectId}/tokenize`,
    body: (text) => ({ modelId: MODEL, prompt: { mode: 'freeform', text } }),
    model: 'modelId',
    prompt: { wrongType: 'prompt.text', empty: 'prompt.text', tooBig: 'prompt.text' },
  },
  'watsonx, text/generation': {
    surface: 'watsonx',
    path: () => `/ml/v1/text/generation${VERSION}`,
    body: (input, project_id) => ({ model_id: MODEL, project_id, input, parameters: { max_new_tokens: 2 } }),
    model: 'model_id',
    prompt: { wrongType: 'input', empty: 'input', tooBig: 'input' },
    overContext: 'input',
    outOfRange: appRange,
  },
  'watsonx, text/generation_stream': {
    surface: 'watsonx',
    path: () => `/ml/v1/text/generation_stream${VERSION}`,
    body: (input, project_id) => ({ model_id: MODEL, project_id, input, parameters: { max_new_tokens: 2 } }),
    model: 'model_id',
    prompt: { wrongType: 'input', empty: 'input', tooBig: 'input' },
    overContext: 'input',
    outOfRange: appRange,
  },
  'watsonx, text/chat': {
    surface: 'watsonx',
    path: () => `/ml/v1/text/chat${VERSION}`,
    body: (content, project_id) => ({
      model_id: MODEL,
      project_id,
      messages: content === '' ? [] : chat(content),
      max_tokens: 2,
    }),
    model: 'model_id',
    prompt: { wrongType: 'messages.0.content', empty: 'messages', tooBig: 'messages.0.content' },
    overContext: 'messages',
    outOfRange: flatRange('top_p'),
  },
  'watsonx, text/chat_stream': {
    surface: 'watsonx',
    path: () => `/ml/v1/text/chat_stream${VERSION}`,
    body: (content, project_id) => ({
      model_id: MODEL,
      project_id,
      messages: content === '' ? [] : chat(content),
      max_tokens: 2,
    }),
    model: 'model_id',
    prompt: { wrongType: 'messages.0.content', empty: 'messages', tooBig: 'messages.0.content' },
    overContext: 'messages',
    outOfRange: flatRange('n'),
  },
  'OpenAI, chat/completions': {
    surface: 'openai',
    path: () => '/v1/chat/completions',
    body: (content) => ({ model: MODEL, messages: content === '' ? [] : chat(content), max_tokens: 2 }),
    model: 'model',
    prompt: { wrongType: 'messages.0.content', empty: 'messages', tooBig: 'messages.0.content' },
    overContext: 'messages',
    outOfRange: flatRange('presence_penalty'),
  },
  'OpenAI, chat/completions as a stream': {
    surface: 'openai',
    path: () => '/v1/chat/completions',
    body: (content) => ({
      model: MODEL,
      messages: content === '' ? [] : chat(content),
      max_tokens: 2,
      stream: true,
    }),
    model: 'model',
    prompt: { wrongType: 'messages.0.content', empty: 'messages', tooBig: 'messages.0.content' },
    overContext: 'messages',
    outOfRange: flatRange('top_p'),
  },
  'OpenAI, completions': {
    surface: 'openai',
    path: () => '/v1/completions',
    body: (prompt) => ({ model: MODEL, prompt, max_tokens: 2 }),
    model: 'model',
    prompt: { wrongType: 'prompt', empty: 'prompt', tooBig: 'prompt' },
    overContext: 'prompt',
    outOfRange: flatRange('temperature'),
  },
};
