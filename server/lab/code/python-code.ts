import type { CodeParts } from './code-parts.ts';
import { pythonLiteral, textLiteral } from './literals.ts';
import { openAiParameters, watsonxChatParameters, watsonxGenerationParameters } from './parameters.ts';
import { cannotSay, type PromptRun } from './prompt-run.ts';

/** Python with OpenAI's SDK (`openai`). */
export function pythonOpenAiCode(run: PromptRun): CodeParts {
  const { mode } = run.template;
  const { parameters, extra } = openAiParameters(run.parameters, mode);
  const extraBody = Object.keys(extra).length === 0 ? {} : { extra_body: extra };
  return {
    setUp: lines(
      'import os',
      ...(hasVariables(run) ? ['import re'] : []),
      '',
      'from openai import OpenAI',
      '',
      `client = OpenAI(base_url=${textLiteral(`${run.siteUrl}/v1`)}, api_key=os.environ["CLOISTER_API_KEY"])`,
      `model = ${textLiteral(run.modelId)}`,
    ),
    ...promptParts(run),
    run: lines(
      `parameters = ${pythonLiteral({ ...parameters, ...extraBody })}`,
      ...(mode === 'chat'
        ? [
            'answer = client.chat.completions.create(model=model, messages=messages, **parameters)',
            'print(answer.choices[0].message.content, end="")',
          ]
        : [
            'answer = client.completions.create(model=model, prompt=prompt, **parameters)',
            'print(answer.choices[0].text, end="")',
          ]),
    ),
    notes: ['Needs the Python package openai.'],
  };
}

/**
 * Python with IBM's SDK (`ibm-watsonx-ai`). Addresses that are not IBM's are Cloud Pak for Data's to it, with a user name beside the key,
 * unless `platform_url` says where the projects are; `auth_url` says where the key becomes a token.
 * @throws AppError `failed-precondition` (reason `not-in-code`) where the site has no TLS: the SDK takes `https` addresses alone
 */
export function pythonWatsonxCode(run: PromptRun): CodeParts {
  if (!run.siteUrl.startsWith('https:')) {
    const advice =
      'It takes https addresses only: give the server a certificate (see docs/operating.md), or choose another language.';
    throw cannotSay('siteUrl', 'IBM’s Python SDK', advice);
  }
  const { mode } = run.template;
  const chat = mode === 'chat' ? watsonxChatParameters(run.parameters) : undefined;
  const parameters = chat?.parameters ?? watsonxGenerationParameters(run.parameters);
  return {
    setUp: lines(
      'import os',
      ...(hasVariables(run) ? ['import re'] : []),
      '',
      'from ibm_watsonx_ai import APIClient, Credentials',
      'from ibm_watsonx_ai.foundation_models import ModelInference',
      '',
      `url = ${textLiteral(run.siteUrl)}`,
      'credentials = Credentials(',
      '    url=url,',
      '    platform_url=url,',
      '    auth_url=f"{url}/identity/token",',
      '    api_key=os.environ["CLOISTER_API_KEY"],',
      ')',
      'model = ModelInference(',
      `    model_id=${textLiteral(run.modelId)},`,
      '    api_client=APIClient(credentials),',
      `    project_id=${textLiteral(run.projectId)},`,
      ')',
    ),
    ...promptParts(run),
    run: lines(
      `parameters = ${pythonLiteral(parameters)}`,
      ...(mode === 'chat'
        ? [
            'answer = model.chat(messages=messages, params=parameters)',
            'print(answer["choices"][0]["message"]["content"], end="")',
          ]
        : [
            'answer = model.generate(prompt=prompt, params=parameters)',
            'print(answer["results"][0]["generated_text"], end="")',
          ]),
    ),
    notes: ['Needs the Python package ibm-watsonx-ai.', ...(chat?.notes ?? [])],
  };
}

function promptParts(run: PromptRun): Pick<CodeParts, 'variables' | 'prompt'> {
  const { template } = run;
  const filled = (literal: string) => (hasVariables(run) ? `fill(${literal})` : literal);
  const prompt =
    template.mode === 'freeform'
      ? `prompt = ${filled(pythonLiteral(template.text))}`
      : lines(
          'messages = [',
          ...template.messages.map(
            ({ role, content }) =>
              `    {"role": ${textLiteral(role)}, "content": ${filled(pythonLiteral(content, '    '))}},`,
          ),
          ']',
        );
  if (!hasVariables(run)) return { variables: '', prompt };
  return {
    variables: lines(
      `variables = ${pythonLiteral(run.variables)}`,
      '',
      '',
      'def fill(text):',
      '    # {name} becomes the value of that variable; every other brace stays.',
      String.raw`    return re.sub(r"\{([A-Za-z_][A-Za-z0-9_]*)\}", lambda found: variables.get(found[1], found[0]), text)`,
    ),
    prompt,
  };
}

function hasVariables({ variables }: PromptRun): boolean {
  return Object.keys(variables).length > 0;
}

function lines(...all: readonly string[]): string {
  return all.join('\n');
}
