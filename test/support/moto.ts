import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';

/**
 * moto's server, a stand-in for AWS: it speaks AWS KMS's API and keeps keys in memory, but checks neither signatures nor policies. That the
 * adapter also works with AWS itself is not shown by it.
 */
export type MotoServer = {
  readonly endpoint: string;
  readonly folder: string;
  /** As an operator of AWS has it. */
  readonly client: KMSClient;
  /** Makes a symmetric key. @returns its ARN */
  makeKey(): Promise<string>;
  /** The KMS URL, with an access key in a file. @param options.address other than its own, for example of a proxy */
  kmsUrl(defaultKey: string, options?: { readonly secret?: string; readonly address?: string }): string;
  remove(): Promise<void>;
};

const PROGRAM = resolve(import.meta.dirname, '../../node_modules/.python/bin/moto_server');
export const MOTO_SECRET = JSON.stringify({ AccessKeyId: 'test-key', SecretAccessKey: 'test-secret' });

export async function startMoto(): Promise<MotoServer> {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-moto-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(PROGRAM, ['--host', '127.0.0.1', '--port', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
  await untilReady(child);
  const client = new KMSClient({
    region: 'eu-central-1',
    endpoint,
    credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' },
  });
  let files = 0;
  return {
    endpoint,
    folder,
    client,
    async makeKey() {
      const { KeyMetadata: key } = await client.send(new CreateKeyCommand({}));
      return String(key?.Arn);
    },
    kmsUrl(defaultKey, { secret = MOTO_SECRET, address = endpoint } = {}) {
      files += 1;
      const file = join(folder, `secret-${files}`);
      writeFileSync(file, secret, { mode: 0o600 });
      return `aws-kms:${defaultKey}?region=eu-central-1&endpoint=${address}&secret-file=${file}`;
    },
    async remove() {
      client.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(child: ChildProcess): Promise<void> {
  let output = '';
  const ready = new Promise<void>((resolved) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (part) => {
        output += part;
        if (output.includes('Running on')) resolved();
      });
    }
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`moto did not start: ${output}`);
  });
  ended.catch(() => {});
  await Promise.race([ready, ended]);
}

/** moto takes no port 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
