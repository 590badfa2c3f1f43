/** One-time links by e-mail: a real server with a real mail server beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createdLink, personList } from '../../contract/app/index.ts';
import { acceptInvitation, type Caller, must, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';

const FROM = 'cloister@hospital.example';
const messages: { readonly to: readonly string[]; readonly text: string }[] = [];
const mailServer = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData(stream, { envelope }, done) {
    let text = '';
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    stream.once('end', () => {
      messages.push({ to: envelope.rcptTo.map(({ address }) => address), text });
      done();
    });
  },
});
const stopMailServer = () => new Promise<void>((stopped) => mailServer.close(stopped));

let deployment: Deployment;
let url: string;
let ada: Caller;

beforeAll(async () => {
  mailServer.on('error', () => {});
  await new Promise<void>((listening) => mailServer.listen(0, '127.0.0.1', listening));
  const { port } = mailServer.server.address() as { port: number };
  deployment = await startDeployment({
    settings: { CLOISTER_SMTP: `smtp://127.0.0.1:${port}`, CLOISTER_MAIL_FROM: FROM },
  });
  ({ url } = deployment);
  ada = await signInAs(url, ADMINISTRATOR.email, ADMINISTRATOR.password);
});
afterAll(async () => {
  await deployment?.remove();
  await stopMailServer();
});

const invite = async (email: string) =>
  createdLink.parse(await must(url, ada, 'POST', '/api/v1/invitations', { email, role: 'member' }));

it('sends invitations and links for new passwords to whom they are for', async () => {
  const invitation = await invite('bo@example.org');
  expect(invitation.wasSent).toBe(true);
  expect(messages).toMatchObject([{ to: ['bo@example.org'] }]);
  const link = linkIn(messages[0]?.text ?? '');
  expect(link).toBe(invitation.link);
  await acceptInvitation(url, link, { name: 'Bo', password: 'correct horse battery staple' });

  const { items } = personList.parse(await must(url, ada, 'GET', '/api/v1/people'));
  const bo = items.find(({ email }) => email === 'bo@example.org');
  const reset = createdLink.parse(await must(url, ada, 'POST', `/api/v1/people/${bo?.id}/password-reset`));
  expect(reset.wasSent).toBe(true);
  expect(messages[1]).toMatchObject({ to: ['bo@example.org'] });
  expect(linkIn(messages[1]?.text ?? '')).toBe(reset.link);
});

it('shows the link all the same when the mail server is gone, and logs neither it nor the address', async () => {
  await stopMailServer();
  const { link, wasSent } = await invite('cy@example.org');
  expect(wasSent).toBe(false);
  await acceptInvitation(url, link, { name: 'Cy', password: 'correct horse battery staple' });
  const logs = join(deployment.dataDirectory, 'logs');
  const logged = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
  expect(logged.join('')).toContain('a one-time link could not be sent by e-mail');
  expect(logged.join('')).not.toMatch(/invite_|reset_|example\.org/);
});

/** Quoted-printable wraps lines and writes `=` as `=3D`. */
function linkIn(text: string): string {
  const body = text.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
  return /http\S+#token=\S+/.exec(body)?.[0] ?? '';
}
