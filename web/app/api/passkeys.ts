import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';
import { ApiError } from './client.ts';

/** What the server answers with when a passkey is to be asked for or made. */
export type PasskeyStep = { stepToken: string; options: Record<string, unknown> };

/** A browser makes passkeys for names, never for numeric addresses, and only over HTTPS or on the machine itself. */
const IP_ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[.*\])$/;

export type PasskeySupport = 'yes' | 'no-browser' | 'needs-name';

/** Whether this browser can use passkeys at the address that the page was opened with. */
export function passkeySupport(): PasskeySupport {
  if (!browserSupportsWebAuthn()) return 'no-browser';
  return IP_ADDRESS.test(window.location.hostname) ? 'needs-name' : 'yes';
}

export const askForPasskey = ({ options }: PasskeyStep): Promise<unknown> =>
  startAuthentication({ optionsJSON: options as unknown as PublicKeyCredentialRequestOptionsJSON }).catch(asRefusal);

export const makePasskey = ({ options }: PasskeyStep): Promise<unknown> =>
  startRegistration({ optionsJSON: options as unknown as PublicKeyCredentialCreationOptionsJSON }).catch(asRefusal);

/** What browsers say of passkeys, in words for people. They say the same for "cancelled", "timed out" and "none found". */
function asRefusal(thrown: unknown): never {
  const name = thrown instanceof Error ? thrown.name : '';
  const detail =
    name === 'NotAllowedError' || name === 'AbortError'
      ? 'It was cancelled, it took too long, or this device has no passkey for this server. Try again.'
      : name === 'InvalidStateError'
        ? 'This device already holds a passkey for you on this server.'
        : 'The browser could not use a passkey. Try another way, or another browser.';
  throw new ApiError({
    type: 'about:blank',
    title: 'No passkey was used',
    status: 0,
    detail,
    code: 'cancelled',
    trace: '',
  });
}
