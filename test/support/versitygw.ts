import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3 } from '@aws-sdk/client-s3';

const PROGRAM = resolve(import.meta.dirname, '../../dist/test-servers/versitygw');
/** Not the one that clients take when nobody says one. */
const REGION = 'eu-north-1';
const READY_WITHIN_MS = 30_000;

/** The access key of the whole instance. */
export const INSTANCE_KEY = {
  accessKeyId: 'cloister-instance',
  secretAccessKey: 'the secret of the whole instance',
} as const;

export type Versitygw = {
  /** `http://127.0.0.1:<port>`; with TLS `https://…` */
  readonly endpoint: string;
  readonly iamEndpoint: string;
  readonly region: string;
  readonly folder: string;
  /** A file with {@link INSTANCE_KEY}. */
  readonly secretFile: string;
  /** For `CLOISTER_BUCKET`. @param options what stands behind the `?`, in place of or beside the usual */
  url(options?: Readonly<Record<string, string>>): string;
  /** A client, with the access key of the instance unless another one is given. */
  client(accessKey?: { readonly accessKeyId: string; readonly secretAccessKey: string }): S3;
  stop(): Promise<void>;
};

/**
 * Starts Versity's S3 gateway over a folder, and its IAM service, on free ports of the loopback.
 * @param options.tls PEM files of the server's certificate and key
 */
export async function startVersitygw(
  options: { readonly tls?: { readonly certificateFile: string; readonly keyFile: string } } = {},
): Promise<Versitygw> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run \`node scripts/prepare.mjs test\` first.`);
  const folder = mkdtempSync(join(tmpdir(), 'cloister-versitygw-'));
  for (const name of ['iam', 'objects', 'versions']) mkdirSync(join(folder, name));
  const socket = join(folder, 'iam.sock');
  const secretFile = join(folder, 's3.secret');
  writeFileSync(secretFile, JSON.stringify(INSTANCE_KEY), { mode: 0o600 });
  const { tls } = options;
  const [port, iamPort] = [await freePort(), await freePort()];
  const scheme = tls === undefined ? 'http' : 'https';
  const common = [
    ...['--access', INSTANCE_KEY.accessKeyId, '--secret', INSTANCE_KEY.secretAccessKey, '--region', REGION, '--quiet'],
    ...(tls === undefined ? [] : ['--cert', tls.certificateFile, '--key', tls.keyFile]),
  ];
  const iam = start([
    ...[...common, '--port', `127.0.0.1:${iamPort}`],
    ...['iam', '--dir', join(folder, 'iam'), '--private-ports', socket],
  ]);
  const gateway = start([
    ...[...common, '--port', `127.0.0.1:${port}`, '--iam-standalone-endpoint', socket],
    ...['posix', '--versioning-dir', join(folder, 'versions'), join(folder, 'objects')],
  ]);
  await Promise.all([portOpens(port, gateway), portOpens(iamPort, iam)]);
  const endpoint = `${scheme}://127.0.0.1:${port}`;
  const iamEndpoint = `${scheme}://127.0.0.1:${iamPort}`;
  return {
    endpoint,
    iamEndpoint,
    region: REGION,
    folder,
    secretFile,
    url: (others = {}) => {
      const query = {
        prefix: 'cloister-',
        region: REGION,
        'secret-file': secretFile,
        credentials: 'iam',
        iam: iamEndpoint,
        ...others,
      };
      return `s3:${endpoint}?${new URLSearchParams(query)}`;
    },
    client: (credentials = INSTANCE_KEY) =>
      new S3({ endpoint, region: REGION, credentials: { ...credentials }, forcePathStyle: true, maxAttempts: 1 }),
    async stop() {
      await Promise.all([end(gateway), end(iam)]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Child = { readonly process: ChildProcess; said(): string };

function start(args: readonly string[]): Child {
  const child = spawn(PROGRAM, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  return { process: child, said: () => said };
}

async function end({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function portOpens(port: number, child: Child): Promise<void> {
  for (let waited = 0; waited < READY_WITHIN_MS; waited += 50) {
    const { exitCode } = child.process;
    if (exitCode !== null) throw new Error(`versitygw ended with ${exitCode} before it was ready: ${child.said()}`);
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise((tell) =>
      socket.once('connect', () => tell(true)).once('error', () => tell(false)),
    );
    socket.destroy();
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error(`versitygw was not ready in time: ${child.said()}`);
}
