import { AppError, isAppError } from '../core/index.ts';
import type { Egress } from '../egress/index.ts';
import { providerClosed } from './kms-provider.ts';
import { CALL_LIMIT_MS, withRetries } from './retries.ts';
import type { VaultAddress } from './vault-url.ts';

/** What Vault answers: `data` of a success, or the status of a request that it could not carry out. */
export type VaultAnswer = {
  readonly status: number;
  readonly body: { readonly data?: Record<string, unknown>; readonly auth?: Record<string, unknown> };
};

export type VaultRequest = {
  readonly method: 'GET' | 'POST';
  /** Below `/v1/`. */
  readonly path: string;
  readonly json?: Record<string, string>;
  readonly token?: string;
};

/**
 * Asks Vault's HTTP API; tries again where it is unavailable, for ten seconds in all.
 * @returns the answer where Vault understood the request: a success, or 400, 403 or 404
 * @throws AppError `unavailable` that says what to do
 */
export async function askVault(
  { egress, address, signal }: { egress: Egress; address: VaultAddress; signal: AbortSignal },
  request: VaultRequest,
): Promise<VaultAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CALL_LIMIT_MS)]);
  const headers: Record<string, string> = { 'x-vault-request': 'true', accept: 'application/json' };
  if (request.token !== undefined) headers['x-vault-token'] = request.token;
  if (address.namespace !== undefined) headers['x-vault-namespace'] = address.namespace;
  const host = new URL(address.origin).host;
  return withRetries(limit, async () => {
    try {
      const response = await egress.fetch(`${address.origin}/v1/${request.path}`, {
        method: request.method,
        headers: request.json === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(request.json === undefined ? {} : { body: JSON.stringify(request.json) }),
        signal: limit,
      });
      const text = await response.text();
      const { status } = response;
      if (status >= 200 && status < 300) return { status, body: text === '' ? {} : parsed(text, host) };
      if ([400, 403, 404].includes(status)) return { status, body: {} };
      throw unavailable(host, status);
    } catch (error) {
      if (signal.aborted) throw providerClosed();
      if (isAppError(error) && error.code !== 'cancelled') throw error;
      throw new AppError('unavailable', `Vault at ${host} did not answer in time. ${NOTHING_LOST}`, { cause: error });
    }
  });
}

const NOTHING_LOST = 'Nothing is lost; try again once it is there.';

function unavailable(host: string, status: number): AppError {
  if (status === 503)
    return new AppError('unavailable', `Vault at ${host} is sealed or stopped: unseal it. ${NOTHING_LOST}`);
  if (status === 429) return new AppError('unavailable', `Vault at ${host} is asked too often. Try again later.`);
  return new AppError('unavailable', `Vault at ${host} failed (status ${status}); its log says why. ${NOTHING_LOST}`);
}

function parsed(text: string, host: string): VaultAnswer['body'] {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // Below.
  }
  throw new AppError(
    'unavailable',
    `What answers at ${host} is not Vault: its answer is no JSON. Correct the address.`,
  );
}
