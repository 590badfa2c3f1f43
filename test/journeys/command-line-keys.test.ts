/** An operator gives a program its identity and its keys with the command line, against a real server. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must, send, withApiKey } from '../support/callers.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await startDeployment();
});
afterAll(() => deployment?.remove());

async function cloister(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await deployment.cloister(...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout.trim();
}

const lastLine = (text: string) => text.split('\n').at(-1) ?? '';
const lookAt = async (key: string) => (await send(deployment.url, withApiKey(key), 'GET', '/api/v1/models')).status;

type ListedKey = { id: string; name: string; scope: object; expiresAt: string | null; lastUsedAt: string | null };

it('makes a service ID with a limited key, rotates it, suspends and deletes it', async () => {
  const projectId = lastLine(await cloister('project', 'create', 'Contracts'));
  const id = lastLine(await cloister('service-id', 'create', 'Nightly build', '--description', 'Translates notes.'));
  expect(await cloister('service-id', 'list')).toContain(`${id}  Nightly build  works`);

  const owner = ['--service-id', id];
  const limits = ['--project', projectId, '--model', 'acme/one', 'acme/two', '--inference-only', '--expires', '90d'];
  const key = lastLine(await cloister('api-key', 'create', '--name', 'ci', ...owner, ...limits));
  expect(await lookAt(key)).toBe(200);

  const { items } = JSON.parse(await cloister('api-key', 'list', ...owner, '--json')) as { items: ListedKey[] };
  const [listed] = items;
  expect(listed).toMatchObject({
    name: 'ci',
    scope: { projectId, modelIds: ['acme/one', 'acme/two'], inferenceOnly: true },
  });
  expect(Date.parse(listed?.expiresAt ?? '') - Date.now()).toBeGreaterThan(89 * 86_400_000);
  expect(listed?.lastUsedAt).not.toBeNull();
  expect(await cloister('api-key', 'list', ...owner)).toContain('acme/one, acme/two; running prompts');
  expect(await cloister('api-key', 'list')).not.toContain(listed?.id);

  const rotated = lastLine(await cloister('api-key', 'rotate', listed?.id ?? '', ...owner));
  expect(await lookAt(key)).toBe(401);
  expect(await lookAt(rotated)).toBe(200);

  await cloister('service-id', 'suspend', id);
  expect(await lookAt(rotated)).toBe(401);
  expect(await cloister('service-id', 'list')).toContain('suspended');
  await cloister('service-id', 'resume', id);
  expect(await lookAt(rotated)).toBe(200);

  await cloister('api-key', 'delete', listed?.id ?? '', ...owner);
  expect(await lookAt(rotated)).toBe(401);
  await cloister('service-id', 'delete', id);
  expect((await deployment.cloister('api-key', 'list', ...owner)).stderr).toContain('There is no service ID');
});

it('says what is wrong with what was asked for', async () => {
  const refusals = [
    [['--expires', 'soon'], 2, '--expires takes days'],
    [['--expires', '2020-01-01'], 1, 'must be in the future'],
    [['--project', crypto.randomUUID()], 1, 'There is no project'],
  ] as const;
  for (const [args, exitCode, words] of refusals) {
    const { code, stderr } = await deployment.cloister('api-key', 'create', '--name', 'x', ...args);
    expect(stderr).toContain(words);
    expect(code).toBe(exitCode);
  }
});

it('rotates the keys that sign, which are published with the ones before', async () => {
  const published = async (path: string) =>
    (await must<{ keys: { kid: string }[] }>(deployment.url, { headers: {} }, 'GET', path)).keys.map(({ kid }) => kid);
  for (const [path, ...flags] of [['/identity/keys'], ['/identity/audit-keys', '--audit']] as const) {
    const before = await published(path);
    expect(before).toHaveLength(1);
    const id = lastLine(await cloister('keys', 'rotate-signing-key', ...flags));
    expect(await published(path)).toEqual([...before, id]);
  }
  expect((await deployment.cloister('audit', 'verify')).code).toBe(0);
});
