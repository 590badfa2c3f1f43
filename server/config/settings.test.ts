import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingRows } from './setting-rows.ts';
import { readSettings, redactedSettings } from './settings.ts';

function faultsOf(environment: Record<string, string>, args: string[] = []): string {
  try {
    readSettings(environment, args);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the settings', () => {
  it('have a default for everything but secrets', () => {
    const settings = readSettings({}, []);
    expect(settings).toMatchObject({ host: '127.0.0.1', port: 8080, log: 'file', defaultModel: true });
    for (const [name, row] of Object.entries(settingRows)) {
      if ('secret' in row) expect(settings[name as keyof typeof settings]).toBeUndefined();
    }
  });

  it('take a flag before the environment', () => {
    expect(readSettings({ CLOISTER_PORT: '1' }, ['--port', '2']).port).toBe(2);
  });

  it('treat an empty variable as one that is not set', () => {
    expect(readSettings({ CLOISTER_PORT: '' }, []).port).toBe(8080);
  });

  it('report all faults together', () => {
    const faults = faultsOf({ CLOISTER_PORT: 'http', DATABASE_URL: 'mysql://x', CLOISTER_TLS_CERT: 'a.pem' });
    expect(faults).toContain('CLOISTER_PORT');
    expect(faults).toContain('DATABASE_URL');
    expect(faults).toContain('CLOISTER_TLS_KEY');
  });

  it('name a flag that does not exist', () => {
    expect(faultsOf({}, ['--prot', '1'])).toContain('--prot');
  });

  it('refuse to listen to other machines without TLS', () => {
    expect(faultsOf({ CLOISTER_HOST: '0.0.0.0' })).toContain('TLS');
    expect(faultsOf({ CLOISTER_HOST: '0.0.0.0', CLOISTER_TLS_CERT: 'a', CLOISTER_TLS_KEY: 'b' })).toBe('');
    expect(faultsOf({ CLOISTER_HOST: '127.0.0.2' })).toBe('');
    expect(faultsOf({ CLOISTER_HOST: '127.evil.example' })).toContain('TLS');
  });

  it('take a list of proxies, and only addresses and ranges', () => {
    const read = (text: string) => readSettings({ CLOISTER_TRUSTED_PROXIES: text }, []).trustedProxies;
    expect(readSettings({}, []).trustedProxies).toBeUndefined();
    expect(read('10.0.0.7, 192.168.0.0/16,fd00::/8')).toEqual(['10.0.0.7', '192.168.0.0/16', 'fd00::/8']);
    for (const wrong of ['proxy.example', '10.0.0.7/', '10.0.0.0/33', '10.0.0.0/0', 'fd00::/129', '10.0.0.7,', '*'])
      expect(faultsOf({ CLOISTER_TRUSTED_PROXIES: wrong }), wrong).toContain('CLOISTER_TRUSTED_PROXIES');
  });

  it('read the password of the administrator from a file, without the line end', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloister-settings-'));
    try {
      const file = join(folder, 'password');
      writeFileSync(file, 'correct horse battery\n');
      const settings = readSettings({ CLOISTER_ADMIN_EMAIL: 'a@example.org', CLOISTER_ADMIN_PASSWORD_FILE: file }, []);
      expect(settings.adminPassword?.expose()).toBe('correct horse battery');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('read the passphrase of the root key from a file, and repeat none that is refused', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloister-settings-'));
    try {
      const file = join(folder, 'passphrase');
      writeFileSync(file, 'correct horse battery\r\n');
      const settings = readSettings({ CLOISTER_KMS_PASSPHRASE_FILE: file }, []);
      expect(settings.kmsPassphrase?.expose()).toBe('correct horse battery');
      expect(JSON.stringify(redactedSettings(settings))).not.toContain('horse');
      writeFileSync(file, 'short horse\n');
      const faults = faultsOf({ CLOISTER_KMS_PASSPHRASE_FILE: file });
      expect(faults).toContain('CLOISTER_KMS_PASSPHRASE_FILE: what is in it must have at least 12 characters');
      expect(faults).not.toContain('short horse');
      const missing = faultsOf({ CLOISTER_KMS_PASSPHRASE_FILE: `${file}.gone` });
      expect(missing).toContain('CLOISTER_KMS_PASSPHRASE_FILE');
      expect(missing).toContain('ENOENT');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('take a mail server with its sender, or neither, and repeat no password when one is refused', () => {
    const refusalOf = (environment: Record<string, string>) => {
      try {
        return String(readSettings(environment, []).smtpUrl);
      } catch (error) {
        return (error as Error).message;
      }
    };
    const sender = { CLOISTER_MAIL_FROM: 'cloister@example.org' };
    expect(refusalOf({ CLOISTER_SMTP: 'smtp://mail.example' })).toContain('set both or neither');
    expect(refusalOf(sender)).toContain('set both or neither');
    const wrong = refusalOf({ ...sender, CLOISTER_SMTP: 'https://u:hunter2@mail.example' });
    expect(wrong).toContain('CLOISTER_SMTP: must be an smtp:// or smtps:// URL');
    expect(wrong).not.toContain('hunter2');
  });

  it('show no secret when they are printed', () => {
    const settings = readSettings(
      {
        DATABASE_URL: 'postgres://u:hunter2@h/d',
        CLOISTER_ADMIN_EMAIL: 'a@example.org',
        CLOISTER_ADMIN_PASSWORD: 'hunter2hunter2',
        CLOISTER_SMTP: 'smtps://u:hunter2@mail.example',
        CLOISTER_MAIL_FROM: 'cloister@example.org',
      },
      [],
    );
    expect(JSON.stringify(redactedSettings(settings)) + JSON.stringify(settings)).not.toContain('hunter2');
  });
});
