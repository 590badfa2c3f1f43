import type { CodeParts } from './code-parts.ts';
import { WATSONX_VERSION } from './curl-code.ts';
import { type Json, textLiteral, typeScriptLiteral } from './literals.ts';
import { openAiParameters, watsonxChatParameters, watsonxGenerationParameters } from './parameters.ts';
import type { PromptRun } from './prompt-run.ts';

/** TypeScript (and JavaScript) with OpenAI's SDK (`openai`). */
export function typeScriptOpenAiCode(run: PromptRun): CodeParts {
  const { mode } = run.template;
  const { parameters, extra } = openAiParameters(run.parameters, mode);
  const hasExtra = Object.keys(extra).length > 0;
  const given = [
    ...(Object.keys(parameters).length === 0 ? [] : [field('parameters', parameters)]),
    ...(hasExtra ? [field('extra', extra)] : []),
  ];
  const spread = hasExtra ? '...parameters, ...extra' : '...parameters';
  return {
    setUp: lines(
      "import { env, stdout } from 'node:process';",
      "import OpenAI from 'openai';",
      '',
      `const client = new OpenAI({ baseURL: ${textLiteral(`${run.siteUrl}/v1`)}, apiKey: env.CLOISTER_API_KEY });`,
      `const model = ${textLiteral(run.modelId)};`,
    ),
    ...promptParts(run),
    run: lines(
      ...given,
      ...(mode === 'chat'
        ? [
            `const answer = await client.chat.completions.create({ model, messages, ${spread} });`,
            "stdout.write(answer.choices[0]?.message.content ?? '');",
          ]
        : [
            `const answer = await client.completions.create({ model, prompt, ${spread} });`,
            "stdout.write(answer.choices[0]?.text ?? '');",
          ]),
    ),
    notes: ['Needs the npm package openai, and Node.js 22.18 or newer; save it as a file that ends in .mts.'],
  };
}

/** TypeScript (and JavaScript) with IBM's SDK (`@ibm-cloud/watsonx-ai`). */
export function typeScriptWatsonxCode(run: PromptRun): CodeParts {
  const { mode } = run.template;
  const chat = mode === 'chat' ? watsonxChatParameters(run.parameters) : undefined;
  const request =
    chat === undefined
      ? lines(
          'const { result } = await client.generateText({',
          '    modelId,',
          '    projectId,',
          '    input: prompt,',
          `    parameters: ${typeScriptLiteral(watsonxGenerationParameters(run.parameters), '    ')},`,
          '});',
          "stdout.write(result.results[0]?.generated_text ?? '');",
        )
      : lines(
          field('parameters', camelCase(chat.parameters)),
          'const { result } = await client.textChat({ modelId, projectId, messages, ...parameters });',
          "stdout.write(result.choices[0]?.message?.content ?? '');",
        );
  return {
    setUp: lines(
      "import { env, stdout } from 'node:process';",
      "import { WatsonXAI } from '@ibm-cloud/watsonx-ai';",
      "import { IamAuthenticator } from 'ibm-cloud-sdk-core';",
      '',
      `const serviceUrl = ${textLiteral(run.siteUrl)};`,
      'const client = WatsonXAI.newInstance({',
      `    version: ${textLiteral(WATSONX_VERSION)},`,
      '    serviceUrl,',
      "    authenticator: new IamAuthenticator({ apikey: env.CLOISTER_API_KEY ?? '', url: serviceUrl }),",
      '});',
      `const modelId = ${textLiteral(run.modelId)};`,
      `const projectId = ${textLiteral(run.projectId)};`,
    ),
    ...promptParts(run),
    run: request,
    notes: [
      'Needs the npm packages @ibm-cloud/watsonx-ai and ibm-cloud-sdk-core, and Node.js 22.18 or newer; save it as a file that ends in .mts.',
      ...(chat?.notes ?? []),
    ],
  };
}

function promptParts(run: PromptRun): Pick<CodeParts, 'variables' | 'prompt'> {
  const { template } = run;
  const hasVariables = Object.keys(run.variables).length > 0;
  const filled = (literal: string) => (hasVariables ? `fill(${literal})` : literal);
  const prompt =
    template.mode === 'freeform'
      ? `const prompt = ${filled(typeScriptLiteral(template.text))};`
      : lines(
          'const messages = [',
          ...template.messages.map(
            ({ role, content }) =>
              `    { role: ${textLiteral(role)} as const, content: ${filled(typeScriptLiteral(content, '    '))} },`,
          ),
          '];',
        );
  if (!hasVariables) return { variables: '', prompt };
  return {
    variables: lines(
      'const variables = new Map([',
      ...Object.entries(run.variables).map(
        ([name, value]) => `    [${textLiteral(name)}, ${typeScriptLiteral(value, '    ')}],`,
      ),
      ']);',
      '// {name} becomes the value of that variable; every other brace stays.',
      'const fill = (text: string) =>',
      String.raw`    text.replace(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (braces, name) => variables.get(name) ?? braces);`,
    ),
    prompt,
  };
}

function field(name: string, value: Json): string {
  return `const ${name} = ${typeScriptLiteral(value)};`;
}

/** Names as the SDK has them; what stands in a JSON Schema keeps its own. */
function camelCase(parameters: { readonly [name: string]: Json }): { readonly [name: string]: Json } {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

function lines(...all: readonly string[]): string {
  return all.join('\n');
}
