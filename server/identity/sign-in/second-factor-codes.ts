import { Secret as OtpSecret, TOTP } from 'otpauth';
import { hashCredential, newCredential, Secret } from '../../core/index.ts';
import type { Membership } from '../members/member-store.ts';

/** RFC 4226, section 4 asks for 128 bits and recommends 160. */
const SECRET_BYTES = 20;
const PERIOD_SECONDS = 30;
/** Codes of the time steps before and after are taken too (RFC 6238, section 5.2), for clocks that differ and people who type slowly. */
const WINDOW_STEPS = 1;
const SERVICE_NAME = 'Cloister';

const CODES = 10;
const CODE_LENGTH = 16;
/** Crockford's Base32: no letter that looks like a number. Each character is 5 random bits, so a code has 80. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export function newTotpSecret(): Buffer {
  return randomBytes().subarray(0, SECRET_BYTES);
}

/** What an authenticator app is given. @param label which account of the person's it is, for them */
export function totpEnrolmentOf(secret: Uint8Array, label: string): { readonly secret: Secret; readonly uri: Secret } {
  const totp = totpOf(secret, label);
  return { secret: new Secret(totp.secret.base32), uri: new Secret(totp.toString()) };
}

/** The time step that the code is of, among those that are taken at that time; undefined when it is not right. */
export function totpStepOf(secret: Uint8Array, code: string, at: Date): number | undefined {
  const token = code.replaceAll(/\s/g, '');
  if (!/^\d{6}$/.test(token)) return undefined;
  const timestamp = at.getTime();
  const totp = totpOf(secret, '');
  const delta = totp.validate({ token, timestamp, window: WINDOW_STEPS });
  return delta === null ? undefined : totp.counter({ timestamp }) + delta;
}

/** New recovery codes as people keep them: `xxxx-xxxx-xxxx-xxxx`. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: CODES }, () => {
    const characters = [...randomBytes().subarray(0, CODE_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]);
    return characters.join('').replaceAll(/(.{4})(?=.)/g, '$1-');
  });
}

/** What is kept of a recovery code: bound to the person, so that one guess is one guess at one person. */
export function hashRecoveryCode({ userId }: Membership, code: string): string {
  const typed = code.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
  return hashCredential(`${userId} ${typed}`);
}

function totpOf(secret: Uint8Array, label: string): TOTP {
  return new TOTP({
    issuer: SERVICE_NAME,
    label,
    secret: new OtpSecret({ buffer: Uint8Array.from(secret).buffer }),
    algorithm: 'SHA1',
    digits: 6,
    period: PERIOD_SECONDS,
  });
}

/** 32 of them. */
function randomBytes(): Buffer {
  return Buffer.from(newCredential(''), 'base64url');
}
