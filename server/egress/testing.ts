import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate that vouches for itself, as PEM text. */
export type TestCertificate = { readonly certificate: string; readonly key: string };

/** A certificate for loopback addresses that no authority knows, good for two days. Needs the program `openssl`. */
export function newTestCertificate(): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-certificate-'));
  try {
    const certificate = join(folder, 'certificate.pem');
    const key = join(folder, 'key.pem');
    const { status, stderr } = spawnSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
        .concat(['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'])
        .concat(['-keyout', key, '-out', certificate]),
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
