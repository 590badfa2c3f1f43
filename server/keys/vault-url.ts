import { readUrlQuery } from '../core/index.ts';
import { refusedUrl } from './refused-url.ts';

/** Where Vault's Transit engine is, and how to sign in to it. */
export type VaultAddress = {
  /** `https://vault.example:8200` */
  readonly origin: string;
  /** Where the Transit engine is mounted, for example `transit` or `team/transit`. */
  readonly mount: string;
  /** The key for those who name none. */
  readonly defaultKey?: string;
  /** A file with a token, or with JSON that has `role_id` and `secret_id`. */
  readonly secretFile: string;
  /** A PEM file with the authorities that this server is trusted by. */
  readonly caFile?: string;
  /** Vault Enterprise's or OpenBao's namespace. */
  readonly namespace?: string;
};

const FORM = 'vault:https://<host>:<port>/<mount>/<default key>?secret-file=<file>';

/** @throws AppError `invalid-argument` */
export function parseVaultUrl(url: string): VaultAddress {
  const [, address = '', query = ''] = /^vault:([^?]*)(?:\?(.*))?$/s.exec(url) ?? [];
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) throw refusedUrl(`it must be ${FORM}`);
  if (parsed.username !== '' || parsed.password !== '') throw refusedUrl('it must not hold a user name or a password');
  const [, mount, key] = /^\/(.+)\/([^/]*)$/.exec(parsed.pathname) ?? [];
  if (mount === undefined || !mount.split('/').every((part) => isVaultName(part))) {
    throw refusedUrl(`the mount of the Transit engine is missing; it must be ${FORM}`);
  }
  if (key !== undefined && key !== '' && !isVaultName(key)) throw refusedUrl('the default key is no name of a key');
  const given = readUrlQuery(query, ['secret-file', 'ca', 'namespace'], refusedUrl);
  if (given['secret-file'] === undefined) throw refusedUrl(`secret-file is missing; it must be ${FORM}`);
  return {
    origin: parsed.origin,
    mount,
    secretFile: given['secret-file'],
    ...(key ? { defaultKey: key } : {}),
    ...(given.ca === undefined ? {} : { caFile: given.ca }),
    ...(given.namespace === undefined ? {} : { namespace: given.namespace }),
  };
}

/** What Vault takes for a name of a key; with it, a path of Vault's API stays the path that was meant. */
export function isVaultName(name: string): boolean {
  return /^\w([\w.-]*\w)?$/.test(name) && !name.includes('..');
}
