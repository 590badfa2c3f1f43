import { readFile } from 'node:fs/promises';
import { AppError, type Clock, isAppError, type Logger, loggableError, Secret } from '../core/index.ts';
import type { VaultAnswer, VaultRequest } from './vault-client.ts';

/** How a token comes to be: read as it is, or by signing in with an AppRole. */
type Credential =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'app-role'; readonly roleId: string; readonly secretId: string };

type Ask = (request: VaultRequest) => Promise<VaultAnswer>;

/** The longest that a timer waits, milliseconds; a token that lasts longer is renewed in between. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/**
 * A sign-in to Vault. A token of a file is renewed at half of its time, also while nobody needs it; an AppRole signs in anew at two thirds.
 * The file is read again whenever Vault does not know the token any more, so whoever writes it (Vault Agent) may replace it.
 */
export class VaultSession {
  readonly #secretFile: string;
  readonly #ask: Ask;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #current: Promise<Secret> | undefined;
  #signInAgainAtMs = Number.POSITIVE_INFINITY;
  #renewal: NodeJS.Timeout | undefined;

  constructor(options: { secretFile: string; ask: Ask; clock: Clock; logger: Logger }) {
    this.#secretFile = options.secretFile;
    this.#ask = options.ask;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /**
   * Sends a request with the token. Where Vault refuses it because it does not know the token any more, signs in anew and sends it once more.
   * @throws AppError `permission-denied` when Vault refuses the sign-in, `failed-precondition` when the file cannot be used
   */
  async send(request: VaultRequest): Promise<VaultAnswer> {
    const signIn = this.#signedIn();
    const token = await signIn;
    const answer = await this.#sendWith(token, request);
    if (answer.status !== 403 || (await this.#sendWith(token, LOOK_UP)).status !== 403) return answer;
    if (this.#current === signIn) this.close();
    const next = await this.#signedIn();
    if (next.expose() === token.expose()) {
      throw new AppError(
        'permission-denied',
        'Vault does not know the token in the secret-file. Put a new one into it.',
      );
    }
    return this.#sendWith(next, request);
  }

  /** Ends the renewal; the next use signs in anew. */
  close(): void {
    clearTimeout(this.#renewal);
    this.#renewal = undefined;
    this.#current = undefined;
    this.#signInAgainAtMs = Number.POSITIVE_INFINITY;
  }

  #sendWith(token: Secret, request: VaultRequest): Promise<VaultAnswer> {
    return this.#ask({ ...request, token: token.expose() });
  }

  #signedIn(): Promise<Secret> {
    if (this.#current !== undefined && this.#clock.monotonicMs() < this.#signInAgainAtMs) return this.#current;
    this.close();
    const signIn = this.#signIn();
    this.#current = signIn;
    signIn.catch(() => {
      if (this.#current === signIn) this.#current = undefined;
    });
    return signIn;
  }

  async #signIn(): Promise<Secret> {
    const credential = await readCredential(this.#secretFile);
    if (credential.kind === 'token') {
      const token = new Secret(credential.token);
      this.#renewAfter(token, 0);
      return token;
    }
    const askedAtMs = this.#clock.monotonicMs();
    const json = { role_id: credential.roleId, secret_id: credential.secretId };
    const { status, body } = await this.#ask({ method: 'POST', path: 'auth/approle/login', json });
    const { client_token: token, lease_duration: seconds } = body.auth ?? {};
    if (typeof token !== 'string') {
      throw new AppError(
        'permission-denied',
        `Vault refuses the AppRole in the secret-file (status ${status}). Put a role_id and secret_id that are good into it.`,
      );
    }
    if (typeof seconds === 'number' && seconds > 0) this.#signInAgainAtMs = askedAtMs + (seconds * 1000 * 2) / 3;
    return new Secret(token);
  }

  #renewAfter(token: Secret, waitMs: number): void {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => void this.#renew(token), Math.min(waitMs, LONGEST_WAIT_MS)).unref();
  }

  /** A token that cannot be renewed (a root token, or one of a batch) is used until Vault does not know it any more. */
  async #renew(token: Secret): Promise<void> {
    const renewal = this.#renewal;
    try {
      const { body } = await this.#sendWith(token, { method: 'POST', path: 'auth/token/renew-self', json: {} });
      const { lease_duration: seconds, renewable } = body.auth ?? {};
      if (renewal !== this.#renewal || renewable !== true || typeof seconds !== 'number') return;
      this.#renewAfter(token, (seconds * 1000) / 2);
    } catch (error) {
      if (renewal !== this.#renewal) return;
      this.#logger.warn('a token of a key provider could not be renewed', { error: loggableError(error) });
      if (isAppError(error, 'unavailable')) this.#renewAfter(token, RENEW_AGAIN_MS);
    }
  }
}

/** What a token may always ask, unless its policies say otherwise: about itself. */
const LOOK_UP: VaultRequest = { method: 'GET', path: 'auth/token/lookup-self' };
const RENEW_AGAIN_MS = 10_000;

async function readCredential(path: string): Promise<Credential> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw notUsable(`cannot be read (${error.code ?? 'unknown reason'})`);
  });
  if (!text.trimStart().startsWith('{')) {
    const token = text.trim();
    if (!/^[\x21-\x7e]+$/.test(token)) throw notUsable('holds no token');
    return { kind: 'token', token };
  }
  const { role_id: roleId, secret_id: secretId } = parsed(text);
  if (typeof roleId !== 'string' || typeof secretId !== 'string') throw notUsable('lacks role_id or secret_id');
  return { kind: 'app-role', roleId, secretId };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw notUsable('is neither a token nor JSON');
  }
}

function notUsable(why: string): AppError {
  return new AppError(
    'failed-precondition',
    `The secret-file of the Vault key provider ${why}. Put a token into it, or {"role_id": "…", "secret_id": "…"}.`,
  );
}
