/**
 * What somebody can open who copied a deployment's buckets earlier and has its database and its KMS now: the worst case for which "deleted" is
 * promised. They know every id that there ever was, try every value of every table, and open copies with the AWS Encryption SDK alone, so that
 * what stays shut does so for want of a key and not for a check of ours.
 */
import { buildClient, CommitmentPolicy } from '@aws-crypto/client-node';
import type { S3 } from '@aws-sdk/client-s3';
import { isAppError } from '../../server/core/index.ts';
import type { TestDatabase } from '../../server/database/testing.ts';
import { type EncryptionContext, isNotReadable, type Keys, ObjectKey } from '../../server/keys/index.ts';
import { KEY_LENGTH_BYTES, unwrapWithKey } from '../../server/keys/key-wrap.ts';
import { messageKeyOf } from '../../server/storage/sealed-message.ts';

/** Every row of every table, by the table's name. */
export type Rows = ReadonlyMap<string, readonly Row[]>;
type Row = Readonly<Record<string, unknown>>;

/** One version of an object of a bucket. */
export type Copy = { readonly name: string; readonly bytes: Uint8Array };

export type Trial = {
  /** What opened: the plaintext of each by its copy. */
  readonly opened: ReadonlyMap<Copy, string>;
  /** `table.column` of what is called wrapped and was not unwrapped: the trial does not know the context of everything. */
  readonly notUnwrapped: readonly string[];
};

export async function readEveryRow(database: TestDatabase): Promise<Rows> {
  const tables = await database.ownerQuery<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const rows = new Map<string, Row[]>();
  for (const { name } of tables) rows.set(name, await database.ownerQuery(`select * from "${name}"`));
  return rows;
}

/** Every version of every object of those of the buckets that are there; of a delete marker nothing, under its name. */
export async function copyEveryVersion(s3: S3, bucketNames: readonly string[]): Promise<readonly Copy[]> {
  const copies: Copy[] = [];
  const { Buckets = [] } = await s3.listBuckets();
  for (const Bucket of bucketNames.filter((bucketName) => Buckets.some(({ Name }) => Name === bucketName))) {
    const { Versions = [], DeleteMarkers = [], IsTruncated } = await s3.listObjectVersions({ Bucket });
    if (IsTruncated === true) throw new Error(`${Bucket} has more versions than one page lists: read the others too.`);
    for (const { Key = '', VersionId } of Versions) {
      const { Body } = await s3.getObject({ Bucket, Key, VersionId });
      copies.push({ name: `${Bucket}/${Key}`, bytes: (await Body?.transformToByteArray()) ?? new Uint8Array() });
    }
    for (const { Key = '' } of DeleteMarkers) copies.push({ name: `${Bucket}/${Key}`, bytes: new Uint8Array() });
  }
  return copies;
}

/** A key with the nonce and the tag of AES-GCM: no digest is as long. */
const SHORTEST_WRAPPED_BYTES = KEY_LENGTH_BYTES + 12 + 16;

/**
 * Tries to open the copies.
 * @param options.rows what is in the database now
 * @param options.known rows of now and earlier: only names are taken from them, for key ids and encryption contexts
 */
export async function tryEveryKey(options: {
  readonly copies: readonly Copy[];
  readonly rows: Rows;
  readonly known: readonly Rows[];
  readonly providers: Keys['providers'];
}): Promise<Trial> {
  const { copies, rows, known, providers } = options;
  const values = bytesIn(rows);
  const wrappable = values.filter(({ bytes }) => bytes.length >= SHORTEST_WRAPPED_BYTES);
  const contexts = known.flatMap(contextsIn);
  const unwrapped = new Set<string>();
  // Keys by their bytes: also a value that is one as it is, without any wrapping.
  const keys = new Map<string, Uint8Array>();
  const addKey = (bytes: Uint8Array) => {
    if (bytes.length === KEY_LENGTH_BYTES) keys.set(hexOf(bytes), bytes);
  };
  for (const { bytes } of values) addKey(bytes);

  for (const { value, context } of pairs(wrappable, contexts)) {
    for (const { keyId, provider } of wrappingKeysIn(known, providers)) {
      const found = await unlessNotReadable(() => provider.unwrap(keyId, value.bytes, context));
      if (found === undefined) continue;
      unwrapped.add(hexOf(value.bytes));
      addKey(found);
    }
  }
  // The map grows while it is gone through: a key that was unwrapped is tried on everything too.
  for (const key of keys.values()) {
    for (const { value, context } of pairs(wrappable, contexts)) {
      const found = await unlessNotReadable(async () => unwrapWithKey(key, value.bytes, context));
      if (found === undefined) continue;
      unwrapped.add(hexOf(value.bytes));
      addKey(found);
    }
  }

  const opened = new Map<Copy, string>();
  for (const key of keys.values()) {
    for (const copy of copies) {
      if (opened.has(copy)) continue;
      const text = await decrypt(key, copy.bytes);
      if (text !== undefined) opened.set(copy, text);
    }
  }
  const shut = values.filter(({ column, bytes }) => column.includes('wrapped') && !unwrapped.has(hexOf(bytes)));
  return { opened, notUnwrapped: [...new Set(shut.map(({ column }) => column))] };
}

type Value = { readonly column: string; readonly bytes: Uint8Array };

function bytesIn(rows: Rows): readonly Value[] {
  return [...rows].flatMap(([table, rowsOfTable]) =>
    rowsOfTable.flatMap((row) =>
      Object.entries(row).flatMap(([column, bytes]) =>
        bytes instanceof Uint8Array ? [{ column: `${table}.${column}`, bytes }] : [],
      ),
    ),
  );
}

/** What everything that is wrapped was wrapped with, as the rooms write it. Whoever wraps something else adds it here. */
function contextsIn(rows: Rows): readonly EncryptionContext[] {
  const ofRows = (table: string, contextOf: (row: Row) => EncryptionContext) => (rows.get(table) ?? []).map(contextOf);
  const place = (row: Row) => ({ account: `${row.account_id}`, project: `${row.project_id}`, version: '1' });
  const ofObject = (row: Row) => ({ ...place(row), object: `${row.stored_as}`, purpose: `${row.purpose}` });
  return [
    ...ofRows('project_keys', (row) => ({ ...place(row), projectKey: `${row.id}`, purpose: 'project-key' })),
    ...ofRows('objects', ofObject),
    ...ofRows('uploads', ofObject),
    ...ofRows('bucket_credentials', (row) => ({ ...place(row), purpose: 'bucket-credential' })),
    ...ofRows('signing_keys', (row) => ({ purpose: `${row.purpose}-signing-key`, signingKey: `${row.id}` })),
    ...ofRows('totp_secrets', (row) => ({
      purpose: 'totp-secret',
      account: `${row.account_id}`,
      user: `${row.user_id}`,
    })),
  ];
}

/** Every key id that was ever used or bound, at every provider. */
function wrappingKeysIn(known: readonly Rows[], providers: Keys['providers']) {
  const rowsOf = (table: string) => known.flatMap((rows) => rows.get(table) ?? []);
  const used = rowsOf('project_keys').map((row) => `${row.wrapping_key_id}`.replace(/^[^:]*:/, ''));
  const bound = rowsOf('key_bindings').flatMap(({ key_id }) => (key_id === null ? [] : [`${key_id}`]));
  return providers.list().flatMap(({ provider, ownKeyOf, deploymentKeyId }) => {
    const own = [deploymentKeyId, ...rowsOf('accounts').map((row) => ownKeyOf(`${row.id}`))];
    const keyIds = new Set([...used, ...bound, ...own.filter((keyId) => keyId !== undefined)]);
    return [...keyIds].map((keyId) => ({ keyId, provider }));
  });
}

function* pairs(values: readonly Value[], contexts: readonly EncryptionContext[]) {
  const distinct = new Map(contexts.map((context) => [JSON.stringify(context), context]));
  for (const value of values) for (const context of distinct.values()) yield { value, context };
}

/** Any other failure comes out: a provider that cannot be asked proves nothing. */
async function unlessNotReadable(unwrap: () => Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await unwrap();
  } catch (error) {
    if (isAppError(error) && isNotReadable(error)) return undefined;
    throw error;
  }
}

const esdk = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);

async function decrypt(key: Uint8Array, sealed: Uint8Array): Promise<string | undefined> {
  using objectKey = new ObjectKey(Uint8Array.from(key));
  try {
    return (await esdk.decrypt(messageKeyOf(objectKey), sealed)).plaintext.toString();
  } catch {
    return undefined;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
