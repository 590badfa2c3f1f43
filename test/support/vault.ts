import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Agent, fetch } from 'undici';
import { newTestCertificate, type TestCertificate } from '../../server/egress/testing.ts';

/**
 * HashiCorp Vault's own core, Transit engine, AppRole sign-in and HTTP handler in a small program over TLS (`test/servers/vault`), since
 * building all of Vault takes too long. Everything is done to it through Vault's HTTP API.
 */
export type VaultServer = {
  /** `127.0.0.1:<port>`; the same after a restart. */
  readonly host: string;
  /** A folder for the test's files; gone with the server. */
  readonly folder: string;
  /** PEM file with the authority of its certificate. */
  readonly caFile: string;
  readonly certificate: TestCertificate;
  /** The token that may do everything. */
  readonly rootToken: string;
  /** Asks Vault's API, as root unless a token is given. @param path below `/v1/` */
  ask(method: string, path: string, json?: object, token?: string): Promise<{ status: number; body: VaultBody }>;
  makeKey(name: string, options?: object): Promise<void>;
  /** A token that may use the keys as docs/keys.md has it, for {@link kmsUrl}. @returns the token */
  newToken(options?: { readonly ttl?: string; readonly policy?: string }): Promise<string>;
  /** Writes a file into {@link folder}. @returns its path */
  writeFile(name: string, text: string): string;
  /** The KMS URL of the Transit engine at `transit`. @param address other than its own, for example of a proxy */
  kmsUrl(defaultKey: string, secretFile: string, address?: string): string;
  seal(): Promise<void>;
  unseal(): Promise<void>;
  /** Ends the process; what it keeps stays. */
  stop(): Promise<void>;
  /** Starts it again and unseals it. */
  start(): Promise<void>;
  remove(): Promise<void>;
};

type VaultBody = { data?: Record<string, unknown>; auth?: Record<string, unknown>; [name: string]: unknown };

/** The policy of docs/keys.md. */
export const CLOISTER_POLICY = `
path "transit/keys/*"    { capabilities = ["read"] }
path "transit/keys/+/rotate" { capabilities = ["update"] }
path "transit/encrypt/*" { capabilities = ["update"] }
path "transit/decrypt/*" { capabilities = ["update"] }
`;

const PROGRAM = resolve(import.meta.dirname, '../../dist/test-servers/vault');

export async function startVault(): Promise<VaultServer> {
  if (!existsSync(PROGRAM)) throw new Error('The tests’ Vault is not built: run `node scripts/prepare.mjs test`.');
  const folder = mkdtempSync(join(tmpdir(), 'cloister-vault-'));
  const { certificate, key } = newTestCertificate();
  const writeFile = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const caFile = writeFile('certificate.pem', certificate);
  const keyFile = writeFile('key.pem', key);
  const data = join(folder, 'data');
  mkdirSync(data);
  const agent = new Agent({ connect: { ca: certificate } });
  let child: ChildProcess | undefined;
  let host = '127.0.0.1:0';
  let rootToken = '';
  let unsealKey = '';

  async function launch(): Promise<void> {
    const args = ['-data', data, '-tls-certificate', caFile, '-tls-key', keyFile, '-address', host];
    const started = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    // Both are read to the end: a program whose output nobody takes stops.
    let output = '';
    const address = new Promise<string>((resolved) => {
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (part) => {
          output += part;
          const [, found] = /^listening on (\S+)$/m.exec(output) ?? [];
          if (found !== undefined) resolved(found);
        });
      }
    });
    const ended = once(started, 'exit').then(() => {
      throw new Error(`Vault did not start: ${output}`);
    });
    ended.catch(() => {});
    host = await Promise.race([address, ended]);
  }

  async function ask(method: string, path: string, json?: object, token = rootToken) {
    const response = await fetch(`https://${host}/v1/${path}`, {
      method,
      dispatcher: agent,
      headers: { 'x-vault-request': 'true', ...(token === '' ? {} : { 'x-vault-token': token }) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as VaultBody };
  }

  async function must(method: string, path: string, json?: object): Promise<VaultBody> {
    const { status, body } = await ask(method, path, json);
    if (status >= 300) throw new Error(`Vault answered ${path} with ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  async function unseal(): Promise<void> {
    await must('PUT', 'sys/unseal', { key: unsealKey });
    // It is unsealed a moment before it is active.
    for (;;) {
      const { status } = await ask('GET', 'sys/health');
      if (status === 200) return;
      await new Promise((resolved) => setTimeout(resolved, 50));
    }
  }

  async function stop(): Promise<void> {
    const stopping = child;
    child = undefined;
    if (stopping === undefined || stopping.exitCode !== null) return;
    stopping.kill('SIGKILL');
    await once(stopping, 'exit');
  }

  await launch();
  const first = await must('PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 });
  rootToken = String(first.root_token);
  unsealKey = String((first.keys as string[])[0]);
  await unseal();
  await must('POST', 'sys/mounts/transit', { type: 'transit' });
  await must('POST', 'sys/auth/approle', { type: 'approle' });

  return {
    get host() {
      return host;
    },
    folder,
    caFile,
    certificate: { certificate, key },
    rootToken,
    ask,
    async makeKey(name, options = {}) {
      await must('POST', `transit/keys/${name}`, options);
    },
    async newToken({ ttl = '1h', policy = CLOISTER_POLICY } = {}) {
      await must('PUT', 'sys/policies/acl/cloister', { policy });
      const { auth } = await must('POST', 'auth/token/create', { policies: ['cloister'], ttl, no_parent: true });
      return String(auth?.client_token);
    },
    writeFile,
    kmsUrl: (defaultKey, secretFile, address = `https://${host}`) =>
      `vault:${address}/transit/${defaultKey}?secret-file=${secretFile}&ca=${caFile}`,
    async seal() {
      await must('PUT', 'sys/seal');
    },
    unseal,
    stop,
    async start() {
      await launch();
      await unseal();
    },
    async remove() {
      await stop();
      await agent.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
