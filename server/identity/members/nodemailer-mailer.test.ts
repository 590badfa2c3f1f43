import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret, silentLogger } from '../../core/index.ts';
import { createEgress, type Egress } from '../../egress/index.ts';
import type { Mailer } from './mailer.ts';
import { createNodemailerMailer, type MailServer, mailDestination, readMailServer } from './nodemailer-mailer.ts';

const FROM = 'cloister@hospital.example';
const MAIL = {
  to: 'bo@example.org',
  subject: 'Join Hospital – now',
  text: 'Open this link:\n\nhttps://x/#token=invite_a\n',
};

type Received = {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly text: string;
  readonly user: unknown;
};

/** A certificate for `localhost` and `mail.example`, which this process trusts until the end of the tests. */
let certificate: { readonly key: string; readonly cert: string };
const trustedBefore = getCACertificates('default');
const closers: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-mail-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const made = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
      .concat(['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,DNS:mail.example'])
      .concat(['-keyout', key, '-out', cert]),
    { encoding: 'utf8' },
  );
  expect(made.status, made.stderr).toBe(0);
  certificate = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  setDefaultCACertificates(trustedBefore);
  for (const close of closers.splice(0)) await close();
});
afterAll(() => setDefaultCACertificates(trustedBefore));

/** A real SMTP server on loopback. @returns what it took */
async function serve(options: SMTPServerOptions): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = [];
  const server = new SMTPServer({
    ...certificate,
    authOptional: true,
    ...options,
    onData(stream, session, done) {
      let text = '';
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      stream.once('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const to = rcptTo.map(({ address }) => address);
        received.push({ from: mailFrom ? mailFrom.address : '', to, secure: session.secure, text, user: session.user });
        done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closers.push(() => new Promise<void>((closed) => server.close(closed)));
  return { port: (server.server.address() as { port: number }).port, received };
}

function egressTo(...servers: MailServer[]): Egress {
  const egress = createEgress({ allow: servers.map(mailDestination), logger: silentLogger });
  closers.push(() => egress.close());
  return egress;
}

function mailerTo(server: MailServer, egress: Pick<Egress, 'connect'> = egressTo(server)): Mailer {
  return createNodemailerMailer({ server, from: FROM, egress });
}

/** As if `mail.example` were this machine: a name that is no loopback address, to a server that is on one. */
function mailerToName(port: number, fields: Partial<MailServer> = {}): Mailer {
  const real = egressTo({ host: '127.0.0.1', port, isTls: false });
  const connect = () => real.connect('127.0.0.1', port);
  return mailerTo({ host: 'mail.example', port, isTls: false, ...fields }, { connect });
}

describe('the mailer over SMTP', () => {
  it('hands a message over, to one recipient, without a word of who made it', async () => {
    const { port, received } = await serve({ disabledCommands: ['AUTH', 'STARTTLS'] });
    await mailerTo({ host: '127.0.0.1', port, isTls: false }).send(MAIL);
    expect(received).toMatchObject([{ from: FROM, to: ['bo@example.org'], secure: false }]);
    const text = received[0]?.text ?? '';
    expect(text).toContain('https://x/#token=invite_a');
    expect(text).toContain('Subject: =?UTF-8?');
    expect(text).not.toMatch(/nodemailer|X-Mailer/i);
  });

  it('takes an address with a comma or a line break for one address, and adds no header for it', async () => {
    const { port, received } = await serve({ disabledCommands: ['AUTH', 'STARTTLS'] });
    const mailer = mailerTo({ host: '127.0.0.1', port, isTls: false });
    await mailer.send({ ...MAIL, to: 'bo@example.org, eve@example.net' }).catch(() => {});
    await mailer.send({ ...MAIL, to: 'bo@example.org\r\nBcc: eve@example.net' }).catch(() => {});
    await mailer.send({ ...MAIL, subject: 'Hello\r\nBcc: eve@example.net' });
    for (const { to, text } of received) {
      expect(to).not.toContain('eve@example.net');
      expect(text).not.toMatch(/^Bcc:/m);
    }
  });

  it('signs in and speaks TLS from the first byte, or by STARTTLS, to a server whose certificate is trusted', async () => {
    setDefaultCACertificates([...trustedBefore, certificate.cert]);
    const onAuth: SMTPServerOptions['onAuth'] = ({ username, password }, _session, done) =>
      username === 'cloister' && password === 'p:w/d' ? done(null, { user: username }) : done(new Error('no'));
    const credentials = { user: 'cloister', password: new Secret('p:w/d') };
    const implicit = await serve({ secure: true, authOptional: false, onAuth });
    await mailerTo({ host: 'localhost', port: implicit.port, isTls: true, credentials }).send(MAIL);
    const upgraded = await serve({ authOptional: false, onAuth });
    await mailerToName(upgraded.port, { credentials }).send(MAIL);
    for (const { received } of [implicit, upgraded])
      expect(received).toMatchObject([{ secure: true, user: 'cloister', to: ['bo@example.org'] }]);
    const wrong = { ...credentials, password: new Secret('wrong') };
    await expect(mailerToName(upgraded.port, { credentials: wrong }).send(MAIL)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('user name or the password'),
    });
  });

  it('sends nothing to a server whose certificate is not trusted, or is for another host', async () => {
    const { port, received } = await serve({ secure: true });
    const upgraded = await serve({});
    const untrusted = mailerTo({ host: 'localhost', port, isTls: true });
    const notTrusted = { code: 'unavailable', message: expect.stringContaining('certificate is not trusted') };
    await expect(untrusted.send(MAIL)).rejects.toMatchObject(notTrusted);
    await expect(mailerToName(upgraded.port).send(MAIL)).rejects.toMatchObject(notTrusted);
    setDefaultCACertificates([...trustedBefore, certificate.cert]);
    const otherName = mailerTo({ host: '127.0.0.1', port, isTls: true });
    await expect(otherName.send(MAIL)).rejects.toMatchObject({ message: expect.stringContaining('another host') });
    expect([...received, ...upgraded.received]).toEqual([]);
  });

  it('says neither password nor message to another machine that offers no TLS', async () => {
    const said: string[] = [];
    const server = createServer((socket) => {
      socket.write('220 mail.example ESMTP\r\n');
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        said.push(bytes.toString());
        socket.write(/^EHLO/.test(bytes.toString()) ? '250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n' : '502 no\r\n');
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    closers.push(() => new Promise((closed) => server.close(closed)));
    const { port } = server.address() as { port: number };
    const credentials = { user: 'cloister', password: new Secret('p:w/d') };
    await expect(mailerToName(port, { credentials }).send(MAIL)).rejects.toMatchObject({ code: 'unavailable' });
    expect(said.join('')).not.toMatch(/AUTH|MAIL FROM|invite_a/);
    expect(said.join('')).toMatch(/^EHLO/);
  });

  it('connects to no server that is not an allowed destination', async () => {
    const { port, received } = await serve({ disabledCommands: ['AUTH', 'STARTTLS'] });
    const elsewhere = egressTo({ host: 'mail.example', port, isTls: false });
    const mailer = mailerTo({ host: '127.0.0.1', port, isTls: false }, elsewhere);
    await expect(mailer.send(MAIL)).rejects.toMatchObject({ code: 'permission-denied' });
    expect(received).toEqual([]);
  });

  it('says in words that the server refuses, is gone, or refuses the recipient, and repeats nothing of the message', async () => {
    const refusing = await serve({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo: (_address, _session, done) => done(new Error('no such bo@example.org')),
    });
    const errors: Error[] = [];
    const gone = { host: '127.0.0.1', port: 9, isTls: false };
    for (const server of [{ ...gone, port: refusing.port }, gone]) {
      const error = await mailerTo(server)
        .send(MAIL)
        .catch((caught: unknown) => caught as Error);
      expect(error).toMatchObject({ code: 'unavailable' });
      errors.push(error as Error);
    }
    expect(errors[0]?.message).toContain('the recipient');
    expect(errors[1]?.message).toContain('refuses connections');
    expect(errors.map(({ message }) => message).join()).not.toMatch(/bo@example|invite_/);
    expect(refusing.received).toEqual([]);
  });
});

describe('the address of a mail server', () => {
  it('is an smtp: or smtps: URL, with the usual ports, and a user and password if it asks for them', () => {
    expect(readMailServer(new Secret('smtp://mail.example'))).toEqual({
      host: 'mail.example',
      port: 587,
      isTls: false,
    });
    expect(readMailServer(new Secret('smtps://mail.example'))).toEqual({
      host: 'mail.example',
      port: 465,
      isTls: true,
    });
    const withUser = readMailServer(new Secret('smtp://a%40b:p%3Aw%2Fd@mail.example:2525'));
    expect(withUser).toMatchObject({ port: 2525, credentials: { user: 'a@b' } });
    expect(withUser.credentials?.password.expose()).toBe('p:w/d');
    expect(mailDestination(withUser).host).toBe('mail.example:2525');
  });

  it('is refused without repeating it when it is anything else', () => {
    for (const url of ['', 'mail.example', 'https://u:hunter2@mail.example', 'smtp://', 'smtp:///hunter2']) {
      expect(() => readMailServer(new Secret(url)), url).toThrow(/smtp:\/\//);
      expect(() => readMailServer(new Secret(url)), url).not.toThrow(/hunter2/);
    }
  });
});
