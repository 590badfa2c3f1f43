import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What a device is told by the browser. */
type Options = Readonly<Record<string, unknown>>;

export type SoftwareAuthenticator = {
  readonly credentialId: string;
  /** Answers options of a registration, as the browser's library writes it. */
  register(options: Options, origin: string): Record<string, unknown>;
  /** Signs the challenge of a sign-in. */
  sign(
    options: Options,
    origin: string,
    fields?: {
      /** Whether the device made sure who holds it. */
      readonly isVerified?: boolean;
      /** What it says that it was used; 0: it does not count. */
      readonly counter?: number;
      readonly userHandle?: string | null;
      readonly rpId?: string;
    },
  ): Record<string, unknown>;
};

const PRESENT = 0x01;
const VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

/** A passkey in software, for tests: an ES256 key that answers as WebAuthn level 3 says, and also wrongly where a test wants that. */
export function createSoftwareAuthenticator(): SoftwareAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(16);
  const credentialId = id.toString('base64url');
  let userHandle: string | null = null;

  return {
    credentialId,
    register(options, origin) {
      const { challenge, rp, user } = options as { challenge: string; rp: { id: string }; user: { id: string } };
      userHandle = user.id;
      const attested = Buffer.concat([Buffer.alloc(16), uint16(id.length), id, coseKey(publicKey)]);
      const data = authenticatorData(rp.id, PRESENT | VERIFIED | HAS_CREDENTIAL, 0, attested);
      const response = {
        clientDataJSON: clientData('webauthn.create', challenge, origin),
        attestationObject: Buffer.concat([
          cborMap(3),
          cborText('fmt'),
          cborText('none'),
          cborText('attStmt'),
          cborMap(0),
          cborText('authData'),
          cborBytes(data),
        ]).toString('base64url'),
        transports: ['internal', 'a sentence that is no transport'],
      };
      return answer(credentialId, response);
    },
    sign(options, origin, fields = {}) {
      const { challenge, rpId } = options as { challenge: string; rpId: string };
      const flags = PRESENT | (fields.isVerified === false ? 0 : VERIFIED);
      const data = authenticatorData(fields.rpId ?? rpId, flags, fields.counter ?? 0, Buffer.alloc(0));
      const client = clientData('webauthn.get', challenge, origin);
      const signed = Buffer.concat([data, createHash('sha256').update(Buffer.from(client, 'base64url')).digest()]);
      const handle = fields.userHandle === undefined ? userHandle : fields.userHandle;
      return answer(credentialId, {
        clientDataJSON: client,
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', signed, privateKey).toString('base64url'),
        ...(handle === null ? {} : { userHandle: handle }),
      });
    },
  };
}

function answer(id: string, response: object): Record<string, unknown> {
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
}

function clientData(type: string, challenge: string, origin: string): string {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })).toString('base64url');
}

/** WebAuthn level 3, section 6.1. */
function authenticatorData(rpId: string, flags: number, counter: number, rest: Buffer): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count, rest]);
}

/** The public key in COSE (RFC 9053, section 7.1): kty 2 (EC2), alg -7 (ES256), crv 1 (P-256), x, y. */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
    cborBytes(Buffer.from(x, 'base64url')),
    Buffer.from([0x22]),
    cborBytes(Buffer.from(y, 'base64url')),
  ]);
}

function cborMap(entries: number): Buffer {
  return Buffer.from([0xa0 | entries]);
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 | text.length]), Buffer.from(text)]);
}

function cborBytes(bytes: Buffer): Buffer {
  const head = bytes.length < 24 ? [0x40 | bytes.length] : [0x58, bytes.length];
  return Buffer.concat([Buffer.from(head), bytes]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
