import { AppError } from '../core/index.ts';

/** Where a token is and how it is opened, as a PKCS#11 URI says it. */
export type Pkcs11Address = {
  /** Absolute path of the vendor's library. */
  readonly modulePath: string;
  /** Label of the token. */
  readonly token: string;
  /** Serial number, where two tokens have one label. */
  readonly serial?: string;
  /** Label of the key that wraps where nobody named another one. */
  readonly object: string;
  /** A file that holds the PIN of the token's user. */
  readonly pinFile: string;
};

const FORM = 'pkcs11:token=<label>;object=<label of the key>?module-path=<library>&pin-source=file:<file>';

/**
 * Reads a PKCS#11 URI (RFC 7512). Of its attributes, those that Cloister needs; others are refused rather than passed over, because each of
 * them narrows down what is meant.
 * @throws AppError `invalid-argument`; its message never holds the URI, in which somebody may have written a PIN.
 */
export function parsePkcs11Url(url: string): Pkcs11Address {
  const [, path, query = ''] = /^pkcs11:([^?]*)(?:\?(.*))?$/s.exec(url) ?? [];
  if (path === undefined) throw refused(`it must be ${FORM}`);
  const inPath = attributesOf(path, ';', ['token', 'serial', 'object', 'type']);
  const inQuery = attributesOf(query, '&', ['module-path', 'pin-source', 'pin-value']);
  if (inQuery.has('pin-value'))
    throw refused('a PIN must not be in it: put it into a file, and name that as pin-source');
  if ((inPath.get('type') ?? 'secret-key') !== 'secret-key') throw refused('the type of its object must be secret-key');
  const modulePath = needed(inQuery, 'module-path');
  if (!modulePath.startsWith('/')) throw refused('module-path must be the absolute path of the library');
  const pinFile = needed(inQuery, 'pin-source').replace(/^file:(\/\/(?=\/))?/, '');
  if (!pinFile.startsWith('/')) throw refused('pin-source must be file: and the absolute path of a file');
  const serial = inPath.get('serial');
  return {
    modulePath,
    token: needed(inPath, 'token'),
    object: needed(inPath, 'object'),
    pinFile,
    ...(serial === undefined ? {} : { serial }),
  };
}

function attributesOf(text: string, separator: string, known: readonly string[]): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const part of text.split(separator).filter((one) => one !== '')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
    if (!known.includes(name)) throw refused(`of its attributes, only ${known.join(', ')} can stand there`);
    if (attributes.has(name)) throw refused(`${name} is in it twice`);
    attributes.set(name, decoded(name, value));
  }
  return attributes;
}

function decoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw refused(`${name} is not percent-encoded as RFC 3986 has it`);
  }
}

function needed(attributes: Map<string, string>, name: string): string {
  const value = attributes.get(name);
  if (value === undefined || value === '') throw refused(`${name} is missing; it must be ${FORM}`);
  return value;
}

function refused(why: string): AppError {
  return new AppError('invalid-argument', `The PKCS#11 URI cannot be used: ${why}.`);
}
