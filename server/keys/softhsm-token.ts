import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LIBRARY = '/usr/lib/softhsm/libsofthsm2.so';
const PIN = '4711-0815';

export type SoftHsmToken = {
  /** What a process needs in its environment to find the token. */
  readonly environment: Readonly<Record<string, string>>;
  readonly label: string;
  readonly pinFile: string;
  readonly modulePath: string;
  /** The PKCS#11 URI with a key of this label. */
  url(keyLabel: string): string;
  writePin(pin: string): void;
  /** What a hand does to a token. */
  unplug(): void;
  plugIn(): void;
  remove(): void;
};

/** Makes a token of SoftHSM 2, a real PKCS#11 library whose tokens are files, in a folder of its own. For tests. */
export function createSoftHsmToken(): SoftHsmToken {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-softhsm-'));
  const [tokens, away] = [join(folder, 'tokens'), join(folder, 'unplugged')];
  const configuration = join(folder, 'softhsm2.conf');
  const pinFile = join(folder, 'pin');
  const label = 'Cloister test';
  writeFileSync(configuration, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const environment = { SOFTHSM2_CONF: configuration };
  const token: SoftHsmToken = {
    environment,
    label,
    pinFile,
    modulePath: LIBRARY,
    url: (keyLabel) =>
      `pkcs11:token=${encodeURIComponent(label)};object=${encodeURIComponent(keyLabel)}?module-path=${LIBRARY}&pin-source=file:${pinFile}`,
    writePin: (pin) => writeFileSync(pinFile, `${pin}\n`, { mode: 0o600 }),
    unplug() {
      renameSync(tokens, away);
      mkdirSync(tokens);
    },
    plugIn() {
      rmSync(tokens, { recursive: true });
      renameSync(away, tokens);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  token.writePin(PIN);
  mkdirSync(tokens);
  const make = ['--init-token', '--free', '--label', label, '--so-pin', PIN, '--pin', PIN];
  const { status, stderr, error } = spawnSync('softhsm2-util', make, { env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`softhsm2-util made no token: ${error?.message ?? stderr}`);
  return token;
}
