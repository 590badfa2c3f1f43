import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { isId } from '../../core/index.ts';
import type { KnownPasskey, PasskeyVerifier } from './passkey-verifier.ts';
import { STEP_LIFETIME_MS } from './sign-in-steps.ts';

const RP_NAME = 'Cloister';
/** EdDSA, ES256, RS256 (COSE). The library's own list asks Node.js for algorithms that are experiments there, which it then warns of. */
const ALGORITHMS = [-8, -7, -257];

/** The check of passkeys by SimpleWebAuthn. */
export function createSimpleWebAuthnVerifier(): PasskeyVerifier {
  return {
    async registrationOptions({ challenge, rpId }, user, existing) {
      const options = await generateRegistrationOptions({
        rpName: RP_NAME,
        rpID: rpId,
        userID: new Uint8Array(Buffer.from(user.id, 'utf8')),
        userName: user.name,
        userDisplayName: user.displayName,
        challenge: bytesOf(challenge),
        timeout: STEP_LIFETIME_MS,
        supportedAlgorithmIDs: ALGORITHMS,
        attestationType: 'none',
        excludeCredentials: existing.map(descriptorOf),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      });
      return { ...options };
    },

    async verifyRegistration({ challenge, rpId, origin }, response) {
      const { verified, registrationInfo } = await answered(() =>
        verifyRegistrationResponse({
          response: response as unknown as RegistrationResponseJSON,
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: rpId,
          // A security key without a PIN is a second factor all the same; alone, a passkey is asked for more.
          requireUserVerification: false,
          supportedAlgorithmIDs: ALGORITHMS,
        }),
      );
      if (!verified || registrationInfo === undefined) return undefined;
      const { id, publicKey, counter, transports } = registrationInfo.credential;
      return { credentialId: id, publicKey, counter, transports: transports ?? [] };
    },

    async authenticationOptions({ challenge, rpId }, allowed) {
      const options = await generateAuthenticationOptions({
        rpID: rpId,
        challenge: bytesOf(challenge),
        timeout: STEP_LIFETIME_MS,
        userVerification: allowed === undefined ? 'required' : 'preferred',
        ...(allowed === undefined ? {} : { allowCredentials: allowed.map(descriptorOf) }),
      });
      return { ...options };
    },

    claimOf({ id, response }) {
      if (typeof id !== 'string' || !/^[\w-]{1,1400}$/.test(id)) return undefined;
      const handle = (response as { userHandle?: unknown } | null | undefined)?.userHandle;
      if (typeof handle !== 'string') return { credentialId: id, userId: undefined };
      const userId = Buffer.from(handle, 'base64url').toString('utf8');
      return isId(userId) ? { credentialId: id, userId } : undefined;
    },

    async verifyAuthentication({ challenge, rpId, origin }, passkey, response, isAlone) {
      const { verified, authenticationInfo } = await answered(() =>
        verifyAuthenticationResponse({
          response: response as unknown as AuthenticationResponseJSON,
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: rpId,
          credential: {
            id: passkey.credentialId,
            publicKey: Uint8Array.from(passkey.publicKey),
            counter: passkey.counter,
          },
          requireUserVerification: isAlone,
        }),
      );
      return verified && authenticationInfo !== undefined ? { counter: authenticationInfo.newCounter } : undefined;
    },
  };
}

/** The library throws for what does not fit, whatever a browser may send; its words quote that, so they stay behind. */
async function answered<T extends { verified: boolean }>(
  verify: () => Promise<T>,
): Promise<T | { verified: false; registrationInfo?: undefined; authenticationInfo?: undefined }> {
  try {
    return await verify();
  } catch {
    return { verified: false };
  }
}

function descriptorOf({ credentialId, transports }: KnownPasskey): { id: string; transports: string[] } {
  return { id: credentialId, transports: [...transports] };
}

function bytesOf(challenge: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(challenge, 'base64url'));
}
