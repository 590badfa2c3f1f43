import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError } from '../core/index.ts';

/**
 * Reads the authorities that a destination is trusted by: a PEM file that the `ca` of a URL names.
 * @throws AppError `failed-precondition` when the file cannot be read or holds no certificate
 */
export function readAuthorities(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8');
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const why = /^E[A-Z]+$/.test(code) ? `cannot be read (${code})` : 'holds no certificate in PEM form';
    throw new AppError('failed-precondition', `the file "${path}" of a "ca" ${why}`, { cause: error });
  }
}
