import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testModelPath } from '../../server/inference/testing.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';

const MODEL = 'huggingfacetb/smollm2-135m-instruct';

describe('a damaged model file', () => {
  let folder: string;
  let deployment: Deployment;
  let key: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-damaged-'));
    deployment = await startDeployment();
    key = await createApiKey(deployment);
  });
  afterAll(async () => {
    await deployment?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function damagedFile(name: string, damage: (bytes: Buffer) => Buffer): Promise<string> {
    const path = join(folder, name);
    writeFileSync(path, damage(readFileSync(await testModelPath())));
    return path;
  }

  async function answer(): Promise<{ status: number; text: string }> {
    const response = await fetch(`${deployment.url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, prompt: 'Hello', max_tokens: 4 }),
    });
    return { status: response.status, text: await response.text() };
  }

  it.each([
    ['that is no model at all', 'is not a GGUF file', () => Buffer.from('not a model\n'.repeat(1000))],
    [
      'that was cut',
      'is cut off: a part of its weights is missing',
      (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
    ],
    [
      'whose head is scrambled',
      'says a number that makes no sense',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 8), bytes.subarray(100)]),
    ],
  ])('%s is refused at its import in one sentence, and nothing of it stays', async (name, fault, damage) => {
    const path = await damagedFile(`${name}.gguf`, damage);
    const { code, stderr } = await deployment.cloister('models', 'import', path, '--id', MODEL);
    expect(code).toBe(1);
    const [progress, ...sentences] = stderr.trim().split('\n');
    expect(progress).toMatch(/^Sending /);
    expect(sentences).toEqual([
      `The file is no usable model file: it ${fault}. Get a whole GGUF file from where it came from.`,
    ]);
    expect(readdirSync(join(deployment.dataDirectory, 'models'))).toEqual([]);
    expect((await answer()).status).toBe(404);
  });

  it('that is damaged inside is told of when it is used, the server goes on, and a good file takes its place', async () => {
    // Whole by its form: the names of its tensors are not those of any model.
    const path = await damagedFile('inside.gguf', (bytes) => {
      const text = bytes.toString('latin1').replaceAll('blk.', 'bad.');
      return Buffer.from(text, 'latin1');
    });
    expect((await deployment.cloister('models', 'import', path, '--id', MODEL)).code).toBe(0);
    const { status, text } = await answer();
    expect(status).toBe(409);
    expect(JSON.parse(text).error.message).toBe(
      "The model's file cannot be loaded: it is damaged, or of a kind that this engine does not know. Whoever manages the models can remove it and fetch or import it again.",
    );
    expect((await fetch(`${deployment.url}/readyz`)).status).toBe(200);

    const good = await deployment.cloister('models', 'import', await testModelPath(), '--id', MODEL);
    expect(good.code, good.stderr).toBe(0);
    expect(await answer()).toMatchObject({ status: 200 });
  });
});
