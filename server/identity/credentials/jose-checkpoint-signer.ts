import { CompactSign, compactVerify, decodeProtectedHeader } from 'jose';
import type { CheckpointSigner } from '../../audit/index.ts';
import { AppError, type Clock } from '../../core/index.ts';
import type { Database } from '../../database/index.ts';
import type { CredentialStore } from './credential-store.ts';
import type { SecretWrapper } from './secret-wrapper.ts';
import { SIGNING_ALGORITHM, SigningKeys } from './signing-keys.ts';
import { SqlCredentialStore } from './sql-credential-store.ts';

/** What the audit log is signed with. Made before the rest of the room, which records in that log. */
export function createCheckpointSigner(options: {
  readonly database: Database;
  readonly secretWrapper: SecretWrapper;
  readonly clock: Clock;
}): CheckpointSigner {
  return createCheckpointSignerOver(new SqlCredentialStore(options.database), options);
}

export function createCheckpointSignerOver(
  store: CredentialStore,
  { secretWrapper, clock }: { readonly secretWrapper: SecretWrapper; readonly clock: Clock },
): CheckpointSigner {
  const keys = new SigningKeys({ store, wrapper: secretWrapper, clock, purpose: 'audit' });
  return {
    async ready() {
      await keys.current();
    },
    async sign(text) {
      const key = keys.inMemory();
      if (key === undefined) throw new AppError('internal', 'The key of the audit log is not in memory yet.');
      return new CompactSign(Buffer.from(text, 'utf8'))
        .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: key.id })
        .sign(key.privateKey);
    },
    async open(signature) {
      const key = await keyOf(keys, signature);
      if (key === undefined) return undefined;
      try {
        const { payload } = await compactVerify(signature, key.publicKey, { algorithms: [SIGNING_ALGORITHM] });
        return Buffer.from(payload).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

async function keyOf(keys: SigningKeys, signature: string) {
  const id = keyIdOf(signature);
  return id === undefined ? undefined : keys.find(id);
}

/** The id of the key that a signature says it was made with. */
function keyIdOf(signature: string): string | undefined {
  try {
    return decodeProtectedHeader(signature).kid;
  } catch {
    return undefined;
  }
}
