import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMINISTRATOR, createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';

/** On all addresses, which is refused without TLS; reached over loopback only. */
describe('a server with a certificate', () => {
  let folder: string;
  let certificate: string;
  let deployment: Deployment;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-tls-'));
    certificate = join(folder, 'certificate.pem');
    const key = join(folder, 'key.pem');
    const made = spawnSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
        .concat(['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'])
        .concat(['-keyout', key, '-out', certificate]),
      { encoding: 'utf8' },
    );
    expect(made.status, made.stderr).toBe(0);
    deployment = await startDeployment({
      settings: { CLOISTER_HOST: '0.0.0.0', CLOISTER_TLS_CERT: certificate, CLOISTER_TLS_KEY: key },
    });
  });
  afterAll(async () => {
    await deployment?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  function send(path: string, options: { method?: string; body?: string; headers?: Record<string, string> } = {}) {
    return new Promise<{ message: IncomingMessage; text: string }>((done, fail) => {
      const sent = request(
        `${deployment.url}${path}`,
        { method: options.method ?? 'GET', ca: readFileSync(certificate), headers: options.headers ?? {} },
        (message) => {
          let text = '';
          message.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          message.once('end', () => done({ message, text }));
        },
      );
      sent.once('error', fail);
      sent.end(options.body);
    });
  }

  it('speaks TLS alone, and tells browsers to', async () => {
    expect(deployment.url).toMatch(/^https:/);
    const { message } = await send('/healthz');
    expect(message.statusCode).toBe(200);
    expect(message.headers['strict-transport-security']).toMatch(/max-age=\d{8}/);
    await expect(fetch(deployment.url.replace('https:', 'http:'))).rejects.toThrow();
  });

  it('gives the login session in a cookie that travels over TLS alone and that no script reads', async () => {
    const { message } = await send('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: deployment.url },
      body: JSON.stringify(ADMINISTRATOR),
    });
    expect(message.statusCode).toBe(200);
    const [cookie = ''] = message.headers['set-cookie'] ?? [];
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(attribute);
    expect(cookie).toMatch(/^__Host-cloister_session=/);
    expect(cookie).not.toContain('Domain');
    const [pair = ''] = cookie.split(';', 1);
    const statusWith = async (sent: string) =>
      (await send('/api/v1/session', { headers: { cookie: sent } })).message.statusCode;
    expect(await statusWith(pair)).toBe(200);
    expect(await statusWith(pair.replace('__Host-', ''))).toBe(401);
    const headers = { cookie: pair, origin: deployment.url };
    const { message: ended } = await send('/api/v1/session', { method: 'DELETE', headers });
    // Browsers take even the end of such a cookie only with these.
    const [gone = ''] = ended.headers['set-cookie'] ?? [];
    expect(gone).toMatch(/^__Host-cloister_session=;/);
    for (const attribute of ['Secure', 'Path=/']) expect(gone).toContain(attribute);
  });

  it('answers programs, and the command line needs no certificate of its own', async () => {
    const key = await createApiKey(deployment);
    const { message, text } = await send('/v1/models', { headers: { authorization: `Bearer ${key}` } });
    expect(message.statusCode, text).toBe(200);
    expect((await send('/v1/models')).message.statusCode).toBe(401);
  });
});
