import type { SMTPTransportOptions } from 'nodemailer';
import { AppError, isAppError, Secret } from '../../core/index.ts';
import type { AllowedDestination, Egress } from '../../egress/index.ts';
import type { Mail, Mailer } from './mailer.ts';

/** How a mail server is reached: `smtps://user:password@host:465`, or `smtp://…:587`, which becomes TLS before anything is said. */
export type MailServer = {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise STARTTLS, without which only a mail server on this machine is used. */
  readonly isTls: boolean;
  readonly credentials?: { readonly user: string; readonly password: Secret };
};

const TIMEOUT_MS = 10_000;

/** @param url an `smtp:` or `smtps:` URL. @throws AppError `invalid-argument` for any other, without repeating it */
export function readMailServer(url: Secret): MailServer {
  const parsed = URL.canParse(url.expose()) ? new URL(url.expose()) : undefined;
  if (parsed === undefined || !['smtp:', 'smtps:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new AppError('invalid-argument', 'The mail server must be an smtp:// or smtps:// URL with a host.');
  }
  const isTls = parsed.protocol === 'smtps:';
  const server = { host: parsed.hostname, port: Number(parsed.port || (isTls ? 465 : 587)), isTls };
  if (parsed.username === '') return server;
  const user = decodeURIComponent(parsed.username);
  return { ...server, credentials: { user, password: new Secret(decodeURIComponent(parsed.password)) } };
}

/** What the list of allowed destinations needs for it. */
export function mailDestination({ host, port }: MailServer): AllowedDestination {
  return { host: `${host}:${port}`, why: 'sends invitations and links for new passwords by e-mail' };
}

/**
 * Sends over SMTP. nodemailer speaks the protocol and TLS; the connection under it is one of egress.
 * @param from the sender's address
 */
export function createNodemailerMailer(options: {
  readonly server: MailServer;
  readonly from: string;
  readonly egress: Pick<Egress, 'connect'>;
}): Mailer {
  const { server, from, egress } = options;
  return {
    async send(mail: Mail): Promise<void> {
      const { createTransport } = await import('nodemailer');
      const transport = createTransport(transportOf(server, egress));
      try {
        await transport.sendMail({
          from,
          // As an object: text would be read as a list, and an address with a comma would become two.
          to: { name: '', address: mail.to },
          subject: mail.subject,
          text: mail.text,
          xMailer: false,
          disableFileAccess: true,
          disableUrlAccess: true,
        });
      } catch (error) {
        throw isAppError(error) ? error : failureOf(server, error);
      } finally {
        transport.close();
      }
    },
  };
}

function transportOf({ host, port, isTls, credentials }: MailServer, egress: Pick<Egress, 'connect'>) {
  return {
    host,
    port,
    secure: isTls,
    // One on this machine often has a certificate that nobody trusts, and no wire that others could read.
    ...(isLoopback(host) ? { ignoreTLS: true } : { requireTLS: true }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    ...(credentials === undefined
      ? {}
      : { auth: { user: credentials.user, pass: credentials.password.expose() }, forceAuth: true }),
    getSocket: (_options, callback) => {
      egress.connect(host, port).then(
        (connection) => callback(null, { connection }),
        (error: unknown) => callback(error as Error, false),
      );
    },
  } satisfies SMTPTransportOptions;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** nodemailer's words may quote the address or the mail server's answer; ours name the server only. */
function failureOf({ host, port }: MailServer, error: unknown): AppError {
  const { code, originalCode } = (error ?? {}) as { code?: unknown; originalCode?: unknown };
  const known = [originalCode, code].find((one) => typeof one === 'string' && one in REASONS);
  const reason = typeof known === 'string' ? REASONS[known] : 'it did not take the message';
  return new AppError('unavailable', `The mail server ${host}:${port} can’t be used: ${reason}.`, {
    details: { reason: 'mail-not-sent' },
    cause: error,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EAUTH: 'it refuses the user name or the password',
  ETLS: 'the connection could not be secured with TLS',
  ESOCKET: 'the connection could not be secured, or broke',
  ECONNECTION: 'it closed the connection',
  ETIMEDOUT: 'it did not answer in time',
  EENVELOPE: 'it refuses the sender or the recipient',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};
