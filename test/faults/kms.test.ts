import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../server/core/index.ts';
import { createEgress } from '../../server/egress/index.ts';
import { kmsDestinations } from '../../server/keys/index.ts';
import type { KmsProvider } from '../../server/keys/kms-provider.ts';
import { openKmsProvider } from '../../server/keys/open-kms-provider.ts';
import { appClient } from '../support/client.ts';
import { createApiKey, type Deployment, runServer, startDeployment } from '../support/deployment.ts';
import { type Exchange, type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts';
import { type MotoServer, startMoto } from '../support/moto.ts';
import { startVault, type VaultServer } from '../support/vault.ts';

const context = { account: 'a', project: 'p' };
const secret = Buffer.from('a key of thirty-two bytes, a key');

async function open(url: string): Promise<{ provider: KmsProvider; close(): Promise<void> }> {
  const egress = createEgress({ allow: kmsDestinations(url), logger: silentLogger });
  const network = { egress, clock: systemClock, logger: silentLogger };
  const provider = await openKmsProvider({ url, mayCreate: async () => false, network });
  return {
    provider,
    async close() {
      await provider.close();
      await egress.close();
    },
  };
}

/** Acts on the first requests only. */
function first(times: number, fault: (exchange: Exchange) => Promise<void> | void) {
  let left = times;
  return (exchange: Exchange) => {
    left -= 1;
    return left < 0 ? exchange.pass() : fault(exchange);
  };
}

type Kms = { readonly proxy: FaultyProxy; readonly url: string; readonly keyId: string; stop(): Promise<void> };

const servers: Record<string, () => Promise<Kms>> = {
  'Vault (its own core and HTTP handler)': async () => {
    const vault = await startVault();
    await vault.makeKey('one');
    const proxy = await startFaultyProxy(`https://${vault.host}`, vault.certificate);
    const url = vault.kmsUrl('one', vault.writeFile('token', await vault.newToken()), proxy.endpoint);
    return { proxy, url, keyId: 'one', stop: () => vault.remove() };
  },
  'AWS KMS (moto, a stand-in)': async () => {
    const moto: MotoServer = await startMoto();
    const proxy = await startFaultyProxy(moto.endpoint);
    const keyId = await moto.makeKey();
    return { proxy, url: moto.kmsUrl(keyId, { address: proxy.endpoint }), keyId, stop: () => moto.remove() };
  },
};

for (const [name, start] of Object.entries(servers)) {
  describe(`a KMS that fails: ${name}`, () => {
    let kms: Kms;
    let opened: Awaited<ReturnType<typeof open>>;
    let wrapped: Uint8Array;

    beforeAll(async () => {
      kms = await start();
      opened = await open(kms.url);
      wrapped = await opened.provider.wrap(kms.keyId, secret, context);
    });
    afterEach(() => kms.proxy.setFault());
    afterAll(async () => {
      await opened?.close();
      await kms?.stop();
    });

    const unwrap = () => opened.provider.unwrap(kms.keyId, wrapped, context);

    for (const [fault, act] of [
      ['answers 500', ({ refuse }) => refuse(500, 'InternalFailure')],
      ['answers 503', ({ refuse }) => refuse(503, 'ServiceUnavailable')],
      ['cuts the connection', ({ cut }) => cut()],
    ] satisfies [string, (exchange: Exchange) => Promise<void> | void][]) {
      it(`is asked again when it ${fault}`, async () => {
        kms.proxy.setFault(first(2, act));
        expect(Buffer.from(await unwrap())).toEqual(secret);
        expect(kms.proxy.seen).toHaveLength(3);
      });

      it(`is given up after three times when it ${fault} each time`, async () => {
        kms.proxy.setFault(act);
        await expect(unwrap()).rejects.toMatchObject({
          code: 'unavailable',
          message: expect.stringMatching(/unseal|log says why|closed the connection|does not answer/),
        });
        expect(kms.proxy.seen).toHaveLength(3);
      });
    }

    it('is waited for ten seconds when it does not answer, and works again afterwards', async () => {
      const held: Exchange[] = [];
      kms.proxy.setFault((exchange) => void held.push(exchange));
      await expect(unwrap()).rejects.toMatchObject({ code: 'unavailable' });
      for (const { cut } of held) cut();
      kms.proxy.setFault();
      expect(Buffer.from(await unwrap())).toEqual(secret);
    });

    it('is not asked again when it denies', async () => {
      kms.proxy.setFault(({ request, response }) => {
        request.resume();
        response.writeHead(request.headers['x-amz-target'] === undefined ? 403 : 400, {
          'content-type': 'application/json',
        });
        response.end(JSON.stringify({ __type: 'AccessDeniedException', errors: ['permission denied'] }));
      });
      await expect(opened.provider.describe(kms.keyId)).rejects.toMatchObject({ code: 'permission-denied' });
      expect(new Set(kms.proxy.seen).size).toBe(kms.proxy.seen.length);
    });

    it('is told of when nothing listens there', async () => {
      await kms.proxy.stop();
      await expect(unwrap()).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.not.stringContaining('secret'),
      });
    });
  });
}

describe('a deployment whose keys are in Vault (its own core and HTTP handler)', () => {
  let vault: VaultServer;
  let deployment: Deployment;
  let settings: Record<string, string>;

  beforeAll(async () => {
    vault = await startVault();
    await vault.makeKey('cloister');
    settings = {
      CLOISTER_KMS: vault.kmsUrl('cloister', vault.writeFile('token', await vault.newToken())),
      // Every opening asks Vault.
      CLOISTER_KEY_CACHE_SECONDS: '0',
    };
    deployment = await startDeployment({ settings });
  });
  afterAll(async () => {
    await deployment?.remove();
    await vault?.remove();
  });

  it('refuses what needs Vault while it is sealed, loses nothing, and goes on when it is back', async () => {
    const client = appClient(deployment.url, await createApiKey(deployment));
    const project = await client.createProject('Sealed elsewhere');
    const kept = await client.saveTemplate(project.id, 'before', 'kept words');
    const names = async () => (await client.listTemplates(project.id)).map(({ name }) => name);

    await vault.seal();
    await expect(client.saveTemplate(project.id, 'meanwhile', 'words')).rejects.toThrow(/503 .*unseal it/s);
    await expect(client.replaceTemplate(project.id, kept.id, 'other words')).rejects.toThrow(/503 .*unseal it/s);
    await expect(client.openTemplate(project.id, kept.id)).rejects.toThrow(/503 .*Nothing is lost/s);
    expect(await names()).toEqual(['before']);
    const { stdout, code } = await deployment.cloister('doctor');
    expect(stdout).toMatch(/fault +key provider vault .*unseal it/);
    expect(code).toBe(1);

    await vault.unseal();
    expect((await client.openTemplate(project.id, kept.id)).content).toMatchObject({ text: 'kept words' });
    await client.replaceTemplate(project.id, kept.id, 'other words');
    await client.saveTemplate(project.id, 'after', 'words');
    expect((await names()).toSorted()).toEqual(['after', 'before']);
    expect((await deployment.cloister('doctor')).stdout).toMatch(/ok +key provider vault/);
  });

  it('does not start while Vault is gone, says so in one sentence, and opens everything when it is back', async () => {
    await deployment.stop();
    await vault.stop();
    const { code, stderr } = await runServer({
      ...settings,
      CLOISTER_DATA: deployment.dataDirectory,
      XDG_RUNTIME_DIR: `${deployment.folder}/run`,
      CLOISTER_PORT: '0',
    });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`CLOISTER_KMS: ${vault.host} cannot be reached: it refuses connections`);

    await vault.start();
    deployment = await deployment.restart();
    const client = appClient(deployment.url, await createApiKey(deployment));
    const { items } = (await (
      await fetch(`${deployment.url}/api/v1/projects`, {
        headers: { authorization: `Bearer ${await createApiKey(deployment)}` },
      })
    ).json()) as { items: { id: string; name: string }[] };
    const project = items.find(({ name }) => name === 'Sealed elsewhere');
    const templates = await client.listTemplates(project?.id ?? '');
    expect(templates).toHaveLength(2);
    for (const { id } of templates) {
      expect((await client.openTemplate(project?.id ?? '', id)).content).toMatchObject({
        text: expect.stringContaining('words'),
      });
    }
  });
});
