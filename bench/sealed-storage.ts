/**
 * Sealed storage against a plain copy on the same disk, in the same run: put = encrypt, write, fsync; get = read, verify, decrypt.
 * The plain copy is the limit: the same bytes written and fsynced, and read, without any cryptography. So is AES-256-GCM alone on one core,
 * and for what is put SHA-256 alone too.
 *
 *     npx node bench/sealed-storage.ts [MiB, 256 unless told] [folder, the system's temporary one unless told]
 */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../server/core/index.ts';
import { createMemoryKeys } from '../server/keys/testing.ts';
import { storedIdsOf } from '../server/storage/index.ts';
import { createFilesystemBucket, createStorageOver } from '../server/storage/testing.ts';
import { tuneGarbageCollection } from '../server/v8-memory.ts';

const MEBIBYTE = 1024 * 1024;
const PIECE_BYTES = 256 * 1024;
const ROUNDS = 3;

// As the server does.
tuneGarbageCollection();

const sizeBytes = Number(process.argv[2] ?? 256) * MEBIBYTE;
const folder = await mkdtemp(join(process.argv[3] ?? tmpdir(), 'cloister-bench-'));
const piece = randomBytes(PIECE_BYTES);

async function* content(): AsyncIterable<Uint8Array> {
  for (let sent = 0; sent < sizeBytes; sent += PIECE_BYTES) yield piece;
}

async function plainWrite(path: string): Promise<void> {
  const file = await open(path, 'w');
  for await (const part of content()) await file.write(part);
  await file.sync();
  await file.close();
}

async function plainRead(path: string): Promise<number> {
  const file = await open(path, 'r');
  let read = 0;
  for (;;) {
    const { bytesRead } = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  await file.close();
  return read;
}

/** Megabytes (10^6) a second. */
async function speedOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return sizeBytes / 1000 / (performance.now() - start);
}

/** What `openssl speed` says of AES-256-GCM in pieces of 16 KiB, MB/s; undefined where there is no openssl. */
function opensslSpeed(): number | undefined {
  const args = ['speed', '-seconds', '2', '-bytes', '16384', '-evp', 'aes-256-gcm'];
  const { stdout } = spawnSync('openssl', args, { encoding: 'utf8' });
  const [, thousands] = /AES-256-GCM\s+([\d.]+)k/i.exec(stdout ?? '') ?? [];
  return thousands === undefined ? undefined : Number(thousands) / 1000;
}

const median = (values: readonly number[]) => [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0;

try {
  const keys = createMemoryKeys().service;
  const { sealedBucket } = createStorageOver(createFilesystemBucket({ root: folder }), keys);
  const scope = { accountId: newId(), projectId: newId(), purpose: 'bench' };
  const speeds = { plainWrite: [] as number[], put: [] as number[], plainRead: [] as number[], get: [] as number[] };
  const sha256: number[] = [];
  const openssl = opensslSpeed();
  for (let round = 0; round < ROUNDS; round += 1) {
    const path = join(folder, 'plain');
    speeds.plainWrite.push(await speedOf(() => plainWrite(path)));
    speeds.plainRead.push(await speedOf(() => plainRead(path)));
    await rm(path);
    let object: Awaited<ReturnType<typeof sealedBucket.put>> | undefined;
    speeds.put.push(
      await speedOf(async () => {
        object = await sealedBucket.put(scope, content());
      }),
    );
    if (object === undefined) throw new Error('nothing was put');
    const sealed = object;
    let opened = 0;
    speeds.get.push(
      await speedOf(async () => {
        for await (const part of await sealedBucket.get(scope, sealed)) opened += part.length;
      }),
    );
    if (opened !== sizeBytes) throw new Error('not everything came back');
    await sealedBucket.delete(scope, storedIdsOf(sealed));
    sha256.push(
      await speedOf(async () => {
        const hash = createHash('sha256');
        for await (const part of content()) hash.update(part);
      }),
    );
  }
  const figures = Object.fromEntries(Object.entries(speeds).map(([name, values]) => [name, median(values)]));
  const { plainWrite: write = 0, put = 0, plainRead: read = 0, get = 0 } = figures;
  console.log(`${sizeBytes / MEBIBYTE} MiB, median of ${ROUNDS} rounds, MB/s (10^6 bytes):`);
  console.log(
    `  write: plain + fsync ${write.toFixed(0)}, sealed ${put.toFixed(0)}, ratio ${(put / write).toFixed(2)}`,
  );
  console.log(
    `  read:  plain ${read.toFixed(0)}, sealed and verified ${get.toFixed(0)}, ratio ${(get / read).toFixed(2)}`,
  );
  console.log(
    `  for comparison: openssl's AES-256-GCM ${openssl?.toFixed(0) ?? '(no openssl)'}, SHA-256 ${median(sha256).toFixed(0)}`,
  );
  console.log(`  most memory of the process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
