import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import { AppError, type Secret } from '../core/index.ts';
import { KEY_LENGTH_BYTES, unwrapWithKey, wrapWithKey } from './key-wrap.ts';

/**
 * What is in the file that holds the local root key: lines of text, so that a person can copy it to a safe place. The last one is SHA-256
 * (64 hexadecimal digits) of the lines above it, line feeds included. In clear:
 *
 *     cloister-root-key 1
 *     <64 hexadecimal digits: the key>
 *
 * Under a passphrase, with the key wrapped (see `wrapWithKey`) by argon2id of the passphrase (RFC 9106; memory in KiB):
 *
 *     cloister-root-key 2
 *     argon2id memory=65536 iterations=3 lanes=1 salt=<32 hexadecimal digits>
 *     <130 hexadecimal digits: the wrapped key>
 */
const IN_CLEAR = /^cloister-root-key 1\n([0-9a-f]{64})\n$/;
const UNDER_PASSPHRASE =
  /^cloister-root-key 2\n(argon2id memory=(\d{1,7}) iterations=(\d{1,3}) lanes=(\d{1,2}) salt=([0-9a-f]{32}))\n([0-9a-f]{130})\n$/;
const CHECKSUM_LINE = /^[0-9a-f]{64}\n$/;
const CHECKSUM_LINE_LENGTH = 65;

/** Above OWASP's least (19 MiB, 2 iterations): it is derived once a start, and whoever has the file can guess for years. */
const DERIVATION = { memoryKibibytes: 65_536, iterations: 3, lanes: 1 } as const;
const SALT_LENGTH_BYTES = 16;

/** Of the passphrase of a root key file. */
export const MIN_PASSPHRASE_CHARACTERS = 12;

export type RootKeyFile =
  | { readonly kind: 'in-clear'; readonly rootKey: Buffer }
  /** `open` resolves with undefined for another passphrase. */
  | { readonly kind: 'under-passphrase'; open(passphrase: Secret): Promise<Buffer | undefined> };

/** @returns undefined for bytes that are no whole file of a root key */
export function parseRootKeyFile(bytes: Buffer): RootKeyFile | undefined {
  const text = bytes.toString('latin1');
  const covered = text.slice(0, -CHECKSUM_LINE_LENGTH);
  const checksum = text.slice(-CHECKSUM_LINE_LENGTH);
  if (!CHECKSUM_LINE.test(checksum)) return undefined;
  if (!timingSafeEqual(checksumOf(covered), Buffer.from(checksum, 'hex'))) return undefined;
  const [, key] = IN_CLEAR.exec(covered) ?? [];
  if (key !== undefined) return { kind: 'in-clear', rootKey: Buffer.from(key, 'hex') };
  const [, line = '', memory, iterations, lanes, salt = '', wrapped = ''] = UNDER_PASSPHRASE.exec(covered) ?? [];
  if (line === '') return undefined;
  const derivation: Derivation = {
    memoryKibibytes: Number(memory),
    iterations: Number(iterations),
    lanes: Number(lanes),
    salt: Buffer.from(salt, 'hex'),
  };
  return {
    kind: 'under-passphrase',
    open: (passphrase) =>
      withDerivedKey(passphrase, derivation, (derived) => {
        try {
          return Buffer.from(unwrapWithKey(derived, Buffer.from(wrapped, 'hex'), contextOf(line)));
        } catch {
          return undefined;
        }
      }),
  };
}

export function rootKeyInClear(rootKey: Buffer): string {
  return withChecksum(`cloister-root-key 1\n${rootKey.toString('hex')}\n`);
}

/** @throws AppError `invalid-argument` for a passphrase that is too short. */
export async function rootKeyUnderPassphrase(rootKey: Buffer, passphrase: Secret): Promise<string> {
  requireLength(passphrase);
  const salt = randomBytes(SALT_LENGTH_BYTES);
  const { memoryKibibytes, iterations, lanes } = DERIVATION;
  const line = `argon2id memory=${memoryKibibytes} iterations=${iterations} lanes=${lanes} salt=${salt.toString('hex')}`;
  const wrapped = await withDerivedKey(passphrase, { ...DERIVATION, salt }, (derived) =>
    wrapWithKey(derived, 1, rootKey, contextOf(line)),
  );
  return withChecksum(`cloister-root-key 2\n${line}\n${Buffer.from(wrapped).toString('hex')}\n`);
}

function requireLength(passphrase: Secret): void {
  if (passphrase.expose().length >= MIN_PASSPHRASE_CHARACTERS) return;
  throw new AppError(
    'invalid-argument',
    `The passphrase of the root key must have at least ${MIN_PASSPHRASE_CHARACTERS} characters.`,
  );
}

/** SHA-256 of the key as a file in clear has it, so that a copy of it elsewhere can be checked in the same way. */
export function rootKeyChecksum(rootKey: Buffer): string {
  return rootKeyInClear(rootKey).slice(-CHECKSUM_LINE_LENGTH).trimEnd();
}

type Derivation = {
  readonly memoryKibibytes: number;
  readonly iterations: number;
  readonly lanes: number;
  readonly salt: Buffer;
};

/** The same passphrase from a file and from another keyboard has the same bytes: Unicode's form C. argon2id is the library's default. */
async function withDerivedKey<T>(passphrase: Secret, derivation: Derivation, work: (derived: Buffer) => T): Promise<T> {
  const { memoryKibibytes: memoryCost, iterations: timeCost, lanes: parallelism, salt } = derivation;
  const given = passphrase.expose().normalize('NFC');
  const derived = await hashRaw(given, { memoryCost, timeCost, parallelism, salt, outputLen: KEY_LENGTH_BYTES });
  try {
    return work(derived);
  } finally {
    derived.fill(0);
  }
}

/** The line is authenticated: with another one, the wrapped key does not open. */
function contextOf(derivationLine: string) {
  return { purpose: 'root-key-file', derivation: derivationLine };
}

function withChecksum(covered: string): string {
  return `${covered}${checksumOf(covered).toString('hex')}\n`;
}

function checksumOf(covered: string): Buffer {
  return createHash('sha256').update(covered, 'latin1').digest();
}
