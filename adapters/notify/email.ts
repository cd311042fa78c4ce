import { systemCode, terminal } from '../../configs/failure.ts';
import type { Notice } from '../../configs/notice.ts';
import type { NotifyTarget } from '../../configs/notify.ts';
import { plain } from '../../configs/plain.ts';
import type { Notifier } from '../contracts.ts';
import { secretIn } from './secret.ts';

type Email = Extract<NotifyTarget, { to: 'email' }>;

/** How long the server may take for each step, in ms; a minute is what an attempt has in all. */
const TIMEOUT_MS = 10_000;
const LONGEST_SUBJECT = 150;
/** Only here may a password go out unencrypted. */
const THIS_MACHINE = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Sends a notice as an e-mail in plain text. Its Message-ID is made from the key, so that mail programs know one that
 * was sent twice. With `starttls` a server that does not offer it is refused rather than spoken to in the clear.
 */
export function emailNotifier(target: Omit<Email, 'on' | 'skips'>): Notifier {
  const { host, port, tls, from, recipients, user, password } = target;
  return {
    send: async (notice, key) => {
      if (user !== undefined && tls === 'none' && !THIS_MACHINE.has(host))
        throw terminal('NoticeRefused', `${host} would get the password unencrypted: set tls to starttls or implicit`);
      const login =
        user === undefined
          ? {}
          : {
              auth: {
                user: secretIn(user, 'the mail server'),
                pass: password === undefined ? '' : secretIn(password, 'the mail server'),
              },
            };
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({
        host,
        port,
        secure: tls === 'implicit',
        requireTLS: tls === 'starttls',
        ignoreTLS: tls === 'none',
        ...login,
        connectionTimeout: TIMEOUT_MS,
        greetingTimeout: TIMEOUT_MS,
        socketTimeout: TIMEOUT_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        await transport.sendMail({
          from,
          to: recipients,
          subject: subjectOf(notice),
          text: textOf(notice),
          messageId: `<${key}@anneal.invalid>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
      } catch (error) {
        throw translated(host, error);
      } finally {
        transport.close();
      }
    },
  };
}

const subjectOf = ({ line, kind, message }: Notice): string =>
  plain(`[anneal] ${line} ${kind}: ${message}`).slice(0, LONGEST_SUBJECT);

const textOf = ({ kind, run, line, model, message, at, look }: Notice): string =>
  [
    plain(message),
    '',
    `what   ${kind}`,
    `line   ${line}`,
    `model  ${model}`,
    `run    ${run}`,
    `at     ${at}`,
    '',
    look,
    '',
  ]
    .map((text) => plain(text))
    .join('\n');

/** In our words: what a server says may repeat what it was told. */
function translated(host: string, error: unknown): Error {
  const code = systemCode(error) ?? 'unknown';
  const reply = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0;
  const said = `${host} did not take the e-mail (${code}${reply > 0 ? `, ${reply}` : ''})`;
  if (code === 'EAUTH') return terminal('NoticeRefused', `${said}: check user and password`, {});
  if (code === 'ETLS') return terminal('NoticeRefused', `${said}: it does not offer encryption; check tls and port`);
  if (reply >= 500 && reply < 600) return terminal('NoticeRefused', `${said}: check sender and recipients`);
  return new Error(said);
}
