import type { Peer } from '../http.ts';

export type Target = {
  readonly peer: Peer;
  readonly projectId: string;
  readonly key: string;
  /** undefined: no model is installed. */
  readonly modelId: string | undefined;
};

export type Surface = 'app' | 'watsonx' | 'openai';

/** One way to reach a model. */
export type Call = {
  readonly surface: Surface;
  readonly name: string;
  readonly path: string;
  readonly body: (text: string, tokens: number) => unknown;
  readonly streams: boolean;
};

/** The ways to reach a model, by surface. */
export function callsOf({ projectId, modelId = 'none/none' }: Target): Call[] {
  const app = `/api/v1/projects/${projectId}`;
  const version = 'version=2025-02-11';
  const parameters = (tokens: number) => ({ decodingMethod: 'sample', temperature: 1.5, maxNewTokens: tokens });
  const chat = (content: string) => [{ role: 'user', content }];
  const wx = (input: string, max_new_tokens: number) => ({
    model_id: modelId,
    project_id: projectId,
    input,
    parameters: { decoding_method: 'sample', max_new_tokens },
  });
  const wxChat = (text: string, max_tokens: number) => ({
    model_id: modelId,
    project_id: projectId,
    max_tokens,
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
  });
  const openai = (stream: boolean) => (text: string, max_tokens: number) => ({
    model: modelId,
    max_tokens,
    stream,
    messages: chat(text),
  });
  const completion = (stream: boolean) => (prompt: string, max_tokens: number) => ({
    model: modelId,
    max_tokens,
    stream,
    prompt,
  });
  return [
    {
      surface: 'app',
      name: 'freeform',
      path: `${app}/generate`,
      streams: true,
      body: (text, tokens) => ({ modelId, prompt: { mode: 'freeform', text }, parameters: parameters(tokens) }),
    },
    {
      surface: 'app',
      name: 'chat',
      path: `${app}/generate`,
      streams: true,
      body: (text, tokens) => ({
        modelId,
        prompt: { mode: 'chat', messages: chat(text) },
        parameters: parameters(tokens),
      }),
    },
    {
      surface: 'app',
      name: 'tokenize',
      path: `${app}/tokenize`,
      streams: false,
      body: (text) => ({ modelId, prompt: { mode: 'freeform', text } }),
    },
    { surface: 'watsonx', name: 'generation', path: `/ml/v1/text/generation?${version}`, streams: false, body: wx },
    {
      surface: 'watsonx',
      name: 'generation_stream',
      path: `/ml/v1/text/generation_stream?${version}`,
      streams: true,
      body: wx,
    },
    { surface: 'watsonx', name: 'chat', path: `/ml/v1/text/chat?${version}`, streams: false, body: wxChat },
    {
      surface: 'watsonx',
      name: 'chat_stream',
      path: `/ml/v1/text/chat_stream?${version}`,
      streams: true,
      body: wxChat,
    },
    { surface: 'openai', name: 'chat/completions', path: '/v1/chat/completions', streams: false, body: openai(false) },
    {
      surface: 'openai',
      name: 'chat/completions, streaming',
      path: '/v1/chat/completions',
      streams: true,
      body: openai(true),
    },
    { surface: 'openai', name: 'completions', path: '/v1/completions', streams: false, body: completion(false) },
    {
      surface: 'openai',
      name: 'completions, streaming',
      path: '/v1/completions',
      streams: true,
      body: completion(true),
    },
  ];
}
