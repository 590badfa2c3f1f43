/**
 * Whether memory stays flat with large files: one server takes a file of each size by tus, gives it back, and says after each what its
 * process had most of in memory (Linux: `VmHWM`). Beside it the time each took, over loopback, of a client on the same machine.
 *
 *     npx node bench/large-files.ts [GB of each, 1 10 unless told]
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { createApiKey, startDeployment } from '../test/support/deployment.ts';

const GIGABYTE = 1_000_000_000;
const PIECE_BYTES = 1_000_000;
/** Of one request. */
const PART_BYTES = GIGABYTE;

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10];
const piece = randomBytes(PIECE_BYTES);
const deployment = await startDeployment({ settings: { CLOISTER_UPLOAD_LIMIT: '20000' } });

async function* pieces(): AsyncIterable<Uint8Array> {
  for (let sent = 0; sent < PART_BYTES; sent += PIECE_BYTES) yield piece;
}

/** In MiB. */
function mostMemory(): number {
  const status = readFileSync(`/proc/${deployment.processId}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

try {
  const authorization = `Bearer ${await createApiKey(deployment)}`;
  const api = `${deployment.url}/api/v1`;
  const json = { authorization, 'content-type': 'application/json' };
  const made = await request(`${api}/projects`, { method: 'POST', headers: json, body: '{"name":"Large files"}' });
  const { id: project } = (await made.body.json()) as { id: string };
  const tus = { authorization, 'tus-resumable': '1.0.0' };
  console.log(`at the start: most memory ${mostMemory().toFixed(0)} MiB`);
  for (const gigabytes of sizes) {
    const name = Buffer.from(`${randomUUID()}.bin`).toString('base64');
    const headers = {
      ...tus,
      'upload-length': String(gigabytes * GIGABYTE),
      'upload-metadata': `filename ${name}`,
    };
    const begun = await request(`${api}/projects/${project}/uploads`, { method: 'POST', headers });
    if (begun.statusCode !== 201) throw new Error(await begun.body.text());
    const upload = new URL(String(begun.headers.location), deployment.url);
    const putStart = performance.now();
    for (let part = 0; part < gigabytes; part += 1) {
      const sent = await request(upload, {
        method: 'PATCH',
        headers: {
          ...tus,
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(part * PART_BYTES),
          'content-length': String(PART_BYTES),
        },
        body: Readable.from(pieces(), { objectMode: false }),
        headersTimeout: 0,
      });
      if (sent.statusCode !== 204) throw new Error(await sent.body.text());
      await sent.body.dump();
    }
    const putSeconds = (performance.now() - putStart) / 1000;
    const afterPut = mostMemory();
    const assetId = upload.pathname.split('/').at(-1);
    const getStart = performance.now();
    const got = await request(`${api}/projects/${project}/assets/${assetId}/content`, { headers: { authorization } });
    let received = 0;
    for await (const part of got.body) received += part.length;
    if (received !== gigabytes * GIGABYTE) throw new Error(`${got.statusCode}: ${received} bytes came back`);
    const getSeconds = (performance.now() - getStart) / 1000;
    const speed = (seconds: number) => ((gigabytes * GIGABYTE) / 1e6 / seconds).toFixed(0);
    console.log(
      `${gigabytes} GB: most memory ${afterPut.toFixed(0)} MiB after it was sent (${speed(putSeconds)} MB/s), ` +
        `${mostMemory().toFixed(0)} MiB after it was fetched (${speed(getSeconds)} MB/s)`,
    );
  }
} finally {
  await deployment.remove();
}
