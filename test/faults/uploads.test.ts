import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asset, uploadList } from '../../contract/app/index.ts';
import { appClient } from '../support/client.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';

const MEBIBYTE = 1024 * 1024;
const SENTENCE = 'a sentence of training data that nobody else wrote. ';

/** A connection between client and server that breaks: each lets so many bytes of the client's through. */
type CuttingProxy = { readonly url: string; target: string; bytesEach: number; cuts: number; close(): void };

async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const server: Server = createServer((client) => {
    const upstream = connect(Number(new URL(proxy.target).port), '127.0.0.1');
    let left = proxy.bytesEach;
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (bytes) => {
      left -= bytes.length;
      if (left < 0) {
        proxy.cuts += 1;
        return cut();
      }
      if (!upstream.write(bytes)) {
        client.pause();
        upstream.once('drain', () => client.resume());
      }
    });
    upstream.pipe(client);
    for (const socket of [client, upstream]) socket.on('error', cut).on('close', cut);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy: CuttingProxy = {
    url,
    target,
    bytesEach: Number.POSITIVE_INFINITY,
    cuts: 0,
    close: () => void server.close(),
  };
  return proxy;
}

describe('an upload to the real server', () => {
  let deployment: Deployment;
  let proxy: CuttingProxy;
  let key: string;
  let projectId: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    proxy = await startCuttingProxy(deployment.url);
    key = await createApiKey(deployment);
    projectId = (await appClient(deployment.url, key).createProject('Uploads')).id;
  });
  afterAll(async () => {
    proxy?.close();
    await deployment?.remove();
  });

  const authorization = () => ({ authorization: `Bearer ${key}` });
  const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const uploads = async () =>
    uploadList.parse(
      await (
        await fetch(`${deployment.url}/api/v1/projects/${projectId}/uploads`, { headers: authorization() })
      ).json(),
    ).items;

  /** Uploads as browsers do, again and again after each break. @returns the asset's id */
  function upload(bytes: Buffer, name: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const uploading = new Upload(bytes, {
        endpoint: `${proxy.url}/api/v1/projects/${projectId}/uploads`,
        headers: authorization(),
        metadata: { name, filetype: 'text/plain' },
        retryDelays: Array.from({ length: 400 }, () => 100),
        onShouldRetry: () => true,
        onSuccess: () => resolve(uploading.url?.split('/').at(-1) ?? ''),
        onError: reject,
      });
      uploading.start();
    });
  }

  async function download(assetId: string): Promise<Buffer> {
    const path = `/api/v1/projects/${projectId}/assets/${assetId}/content`;
    const response = await fetch(`${deployment.url}${path}`, { headers: authorization() });
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  async function reached(name: string, offsetBytes: number): Promise<void> {
    for (let attempt = 0; attempt < 2000; attempt += 1) {
      const found = (await uploads()).find((item) => item.name === name);
      if ((found?.offsetBytes ?? 0) >= offsetBytes) return;
      await wait(20);
    }
    expect.fail(`the upload ${name} did not get to ${offsetBytes}`);
  }

  /** Files below the deployment's folder that hold the sentence. */
  function filesWithSentence(): string[] {
    return readdirSync(deployment.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => {
        try {
          return readFileSync(path).includes(SENTENCE);
        } catch {
          // It went away meanwhile.
          return false;
        }
      });
  }

  it('arrives whole through a connection that breaks every few megabytes', async () => {
    const bytes = randomBytes(40 * MEBIBYTE + 17);
    proxy.bytesEach = 7 * MEBIBYTE;
    const assetId = await upload(bytes, 'broken-line.bin').finally(() => {
      proxy.bytesEach = Number.POSITIVE_INFINITY;
    });
    expect(proxy.cuts).toBeGreaterThan(3);
    expect(digestOf(await download(assetId))).toBe(digestOf(bytes));
    expect(await uploads()).toEqual([]);
  }, 600_000);

  it('goes on after kill -9 of the server where it was durable, and arrives whole', async () => {
    const bytes = randomBytes(80 * MEBIBYTE);
    // Slowly enough to be hit in the middle: each connection brings a segment and a half.
    proxy.bytesEach = 24 * MEBIBYTE;
    const uploading = upload(bytes, 'killed.bin');
    for (const megabytes of [16, 40]) {
      await reached('killed.bin', megabytes * MEBIBYTE);
      const before = (await uploads()).find(({ name }) => name === 'killed.bin')?.offsetBytes ?? 0;
      await deployment.kill();
      deployment = await deployment.restart();
      proxy.target = deployment.url;
      const after = (await uploads()).find(({ name }) => name === 'killed.bin')?.offsetBytes ?? 0;
      expect(after).toBeGreaterThanOrEqual(before);
    }
    proxy.bytesEach = Number.POSITIVE_INFINITY;
    expect(digestOf(await download(await uploading))).toBe(digestOf(bytes));
  }, 600_000);

  it('leaves nothing readable on the disk, neither during nor after it', async () => {
    const bytes = Buffer.from(SENTENCE.repeat(Math.ceil((40 * MEBIBYTE) / SENTENCE.length)));
    proxy.bytesEach = 20 * MEBIBYTE;
    const uploading = upload(bytes, 'sentences.txt');
    await reached('sentences.txt', 1);
    expect(filesWithSentence()).toEqual([]);
    const assetId = await uploading;
    proxy.bytesEach = Number.POSITIVE_INFINITY;
    expect(filesWithSentence()).toEqual([]);
    expect((await download(assetId)).equals(bytes)).toBe(true);
  }, 600_000);

  it('is done by the command line too, which goes on where somebody was before', async () => {
    const bytes = randomBytes(20 * MEBIBYTE);
    const file = join(deployment.folder, 'records.jsonl');
    writeFileSync(file, bytes);
    const headers = { ...authorization(), 'tus-resumable': '1.0.0' };
    const begun = await fetch(`${deployment.url}/api/v1/projects/${projectId}/uploads`, {
      method: 'POST',
      headers: {
        ...headers,
        'upload-length': String(bytes.length),
        'upload-metadata': `name ${Buffer.from('records.jsonl').toString('base64')}`,
      },
    });
    const part = await fetch(`${deployment.url}${begun.headers.get('location')}`, {
      method: 'PATCH',
      headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
      body: bytes.subarray(0, 5 * MEBIBYTE),
    });
    expect(part.headers.get('upload-offset')).toBe(String(5 * MEBIBYTE));
    const goneOn = await deployment.cloister('asset', 'upload', projectId, file, '--json');
    expect(goneOn.stderr).toContain('Going on after 5.2 MB.');
    expect(goneOn.stderr).toContain('Uploaded 21.0 MB of 21.0 MB');
    const { assetId } = JSON.parse(goneOn.stdout) as { assetId: string };
    expect(begun.headers.get('location')).toContain(assetId);
    expect(digestOf(await download(assetId))).toBe(digestOf(bytes));

    const uploadsPath = `${deployment.url}/api/v1/projects/${projectId}/uploads`;
    const left = await fetch(uploadsPath, {
      method: 'POST',
      headers: {
        ...headers,
        'upload-length': String(bytes.length),
        'upload-metadata': `name ${Buffer.from('records.jsonl').toString('base64')}`,
      },
    });
    const leftAt = `${deployment.url}${left.headers.get('location')}`;
    await fetch(leftAt, {
      method: 'PATCH',
      headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
      body: randomBytes(5 * MEBIBYTE),
    });
    const anew = await deployment.cloister('asset', 'upload', projectId, file, '--json');
    expect(anew.stderr).toContain('another file was sent to it');
    const { assetId: anewId } = JSON.parse(anew.stdout) as { assetId: string };
    expect(digestOf(await download(anewId))).toBe(digestOf(bytes));
    expect((await fetch(leftAt, { method: 'DELETE', headers })).status).toBe(204);

    const another = await deployment.cloister(
      'asset',
      'upload',
      projectId,
      file,
      '--name',
      'x',
      '--tag',
      'a',
      'b',
      '--json',
    );
    const found = await fetch(
      `${deployment.url}/api/v1/projects/${projectId}/assets/${JSON.parse(another.stdout).assetId}`,
      { headers: authorization() },
    );
    expect(asset.parse(await found.json())).toMatchObject({ name: 'x', tags: ['a', 'b'], sizeBytes: bytes.length });
    const none = await deployment.cloister('asset', 'upload', projectId, join(deployment.folder, 'none'));
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('There is no file')]);
  }, 600_000);
});
