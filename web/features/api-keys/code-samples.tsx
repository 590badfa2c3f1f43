import { CodeSnippet, Tab, TabList, TabPanel, TabPanels, Tabs } from '@carbon/react';
import { useModels } from '../../app/api/models.ts';
import { useProjects } from '../../app/api/projects.ts';

const FALLBACK_MODEL = 'huggingfacetb/smollm2-135m-instruct';

/** How to call this very server, to copy and run. */
export function CodeSamples() {
  const { data: models = [] } = useModels();
  const model = models.find(({ installation }) => installation.state === 'available')?.modelId ?? FALLBACK_MODEL;
  const { data: projects = [] } = useProjects();
  const projectId = projects[0]?.id ?? 'A-PROJECT-ID';
  const url = window.location.origin;
  return (
    <section className="cl-section">
      <h2 className="cl-section__title">Use it</h2>
      <p className="cl-section__text">
        The official clients work as they are: give them this server's address and your key in{' '}
        <code>CLOISTER_API_KEY</code>.
      </p>
      <Tabs>
        <TabList aria-label="Code samples">
          <Tab>curl</Tab>
          <Tab>Python, openai</Tab>
          <Tab>Node.js, watsonx.ai</Tab>
        </TabList>
        <TabPanels>
          {[curlSample(url, model), pythonSample(url, model), nodeSample(url, model, projectId)].map((sample) => (
            <TabPanel key={sample}>
              <CodeSnippet type="multi" feedback="Copied" aria-label="Code sample" wrapText>
                {sample}
              </CodeSnippet>
            </TabPanel>
          ))}
        </TabPanels>
      </Tabs>
    </section>
  );
}

const curlSample = (url: string, model: string) => `curl ${url}/v1/chat/completions \\
  -H "Authorization: Bearer $CLOISTER_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello!"}]}'`;

const pythonSample = (url: string, model: string) => `import os
from openai import OpenAI

client = OpenAI(base_url="${url}/v1", api_key=os.environ["CLOISTER_API_KEY"])
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello!"}],
)
print(answer.choices[0].message.content)`;

const nodeSample = (
  url: string,
  model: string,
  projectId: string,
) => `import { WatsonXAI } from '@ibm-cloud/watsonx-ai';
import { IamAuthenticator } from 'ibm-cloud-sdk-core';

const client = WatsonXAI.newInstance({
  version: '2024-05-31',
  serviceUrl: '${url}',
  authenticator: new IamAuthenticator({ apikey: process.env.CLOISTER_API_KEY, url: '${url}' }),
});
const { result } = await client.generateText({
  modelId: '${model}',
  projectId: '${projectId}',
  input: 'Hello!',
});
console.log(result.results[0].generated_text);`;
