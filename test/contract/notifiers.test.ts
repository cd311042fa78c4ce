import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { emailNotifier } from '../../adapters/notify/email.ts';
import { fileNotifier } from '../../adapters/notify/file.ts';
import { terminalNotifier } from '../../adapters/notify/terminal.ts';
import { webhookNotifier } from '../../adapters/notify/webhook.ts';
import { takeNotices } from '../../artifacts/ledger/notices.ts';
import { openLedger, type Ledger } from '../../artifacts/ledger/open.ts';
import { startFakeSmtp, type FakeSmtp, type FakeSmtpOptions } from '../support/fake-smtp.ts';
import { aNotice, notifierContract } from './notifier.ts';

const folder = mkdtempSync(join(tmpdir(), 'anneal-notify-'));
const SECRET = 'whsec_c2VjcmV0LW9mLXRoZS10ZXN0';
const PASSWORD = 'pass-word-of-the-test';
const closing: (() => Promise<unknown>)[] = [];
let count = 0;

beforeAll(() => {
  process.env['TEST_NOTICE_SECRET'] = SECRET;
  process.env['TEST_MAIL_USER'] = 'mail-user';
  process.env['TEST_MAIL_PASSWORD'] = PASSWORD;
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

notifierContract('terminal', async () => {
  const ledger: Ledger = await openLedger(join(folder, `ledger-${(count += 1)}.db`));
  closing.push(() => ledger.destroy());
  return {
    notifier: terminalNotifier(ledger),
    received: async () => {
      const rows = await ledger.selectFrom('notices').selectAll().execute();
      return rows.map(({ key, ...row }) => ({ id: key, text: JSON.stringify(row) }));
    },
    secrets: [],
  };
});

notifierContract('file', async () => {
  const path = join(folder, `folder-${(count += 1)}`, 'notices.jsonl');
  mkdirSync(join(folder, `not-a-file-${count}`));
  return {
    notifier: fileNotifier(path),
    received: async () =>
      readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((text) => ({ id: (JSON.parse(text) as { id: string }).id, text })),
    refusing: fileNotifier(join(folder, `not-a-file-${count}`)),
    secrets: [],
  };
});

interface Posted {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver; gives 200, or what it is told to give. */
async function receiver(status = 200): Promise<{ url: string; posted: Posted[] }> {
  const posted: Posted[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      posted.push({ headers: request.headers, body });
      response.writeHead(status, status >= 300 && status < 400 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/path-is-secret`, posted };
}

notifierContract('webhook', async () => {
  const [taking, refusing] = [await receiver(), await receiver(403)];
  const secret = 'TEST_NOTICE_SECRET';
  return {
    notifier: webhookNotifier({ url: taking.url, secret }),
    received: async () =>
      taking.posted.map(({ headers, body }) => ({
        id: String(headers['webhook-id']),
        text: `${JSON.stringify(headers)} ${body}`,
      })),
    away: webhookNotifier({ url: 'http://127.0.0.1:9/hooks/path-is-secret', secret }),
    refusing: webhookNotifier({ url: refusing.url, secret }),
    secrets: [SECRET, 'path-is-secret'],
  };
});

async function mailServer(options: FakeSmtpOptions = {}): Promise<FakeSmtp> {
  const server = await startFakeSmtp(options);
  closing.push(() => server.close());
  return server;
}

const mailTo = (port: number, changed: Partial<Parameters<typeof emailNotifier>[0]> = {}) =>
  emailNotifier({
    to: 'email',
    host: '127.0.0.1',
    port,
    tls: 'none',
    from: 'anneal@example.org',
    recipients: ['ann@example.org', 'bob@example.org'],
    ...changed,
  });
const login = { user: 'TEST_MAIL_USER', password: 'TEST_MAIL_PASSWORD' };

notifierContract('email', async () => {
  const server = await mailServer({ login: { user: 'mail-user', password: PASSWORD } });
  const other = await mailServer({ login: { user: 'mail-user', password: 'another' } });
  return {
    notifier: mailTo(server.port, login),
    received: async () =>
      server.mails.map(({ data }) => ({ id: /^Message-ID: (.*)$/im.exec(data)?.[1] ?? '', text: data })),
    away: mailTo(9, login),
    refusing: mailTo(other.port, login),
    secrets: [PASSWORD, Buffer.from(`\0mail-user\0${PASSWORD}`).toString('base64')],
  };
});

describe('a notice to the terminal', () => {
  test('is taken by one command, once', async () => {
    const ledger = await openLedger(join(folder, 'once.db'));
    closing.push(() => ledger.destroy());
    await terminalNotifier(ledger).send(aNotice(), 'a.0');
    await terminalNotifier(ledger).send(aNotice({ kind: 'failed' }), 'b.0');
    const both = await Promise.all([takeNotices(ledger), takeNotices(ledger)]);
    expect(both.flat().map(({ kind }) => kind)).toEqual(['waiting', 'failed']);
    expect(await takeNotices(ledger)).toEqual([]);
  });
});

describe('a notice to a file', () => {
  test('begins on a line of its own after a writer that was killed', async () => {
    const path = join(folder, 'torn.jsonl');
    writeFileSync(path, '{"id":"half');
    await fileNotifier(path).send(aNotice(), 'whole.0');
    await fileNotifier(path).send(aNotice(), 'whole.0');
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1] ?? '')).toEqual({ id: 'whole.0', ...aNotice() });
  });
});

describe('a webhook', () => {
  test('is signed as Standard Webhooks has it, and every attempt has the same id and body', async () => {
    const { url, posted } = await receiver();
    const notifier = webhookNotifier({ url, secret: 'TEST_NOTICE_SECRET' });
    await notifier.send(aNotice(), 'k.0');
    await notifier.send(aNotice(), 'k.0');
    const [first, second] = posted as [Posted, Posted];
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = first.headers;
    const key = Buffer.from('secret-of-the-test');
    expect(signature).toBe(
      `v1,${createHmac('sha256', key)
        .update(`${String(id)}.${String(at)}.${first.body}`)
        .digest('base64')}`,
    );
    expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(10);
    expect([second.headers['webhook-id'], second.body]).toEqual(['msg_k.0', first.body]);
    expect(JSON.parse(first.body)).toEqual({
      type: 'anneal.waiting',
      timestamp: '2026-11-25T10:00:00.000Z',
      data: { id: 'k.0', ...aNotice() },
    });
  });

  test('without a secret is not signed', async () => {
    const { url, posted } = await receiver();
    await webhookNotifier({ url, secret: undefined }).send(aNotice(), 'k.0');
    expect(posted[0]?.headers['webhook-signature']).toBeUndefined();
  });

  test('whose secret is not set is not sent', async () => {
    const { url, posted } = await receiver();
    await expect(webhookNotifier({ url, secret: 'TEST_NO_SUCH_SECRET' }).send(aNotice(), 'k.0')).rejects.toThrow(
      'the environment variable TEST_NO_SUCH_SECRET, which holds a secret of the webhook, is not set where the worker runs',
    );
    expect(posted).toEqual([]);
  });

  test('follows no redirect, is tried again after 500 and 429, and given up after 404', async () => {
    const outcome = async (status: number): Promise<string> => {
      const { url, posted } = await receiver(status);
      const error = await webhookNotifier({ url, secret: undefined })
        .send(aNotice(), 'k.0')
        .catch((thrown: Error) => thrown);
      expect(posted).toHaveLength(1);
      return `${(error as Error).name}: ${(error as Error).message.replace(/127.0.0.1:\d+/, 'host')}`;
    };
    expect(await Promise.all([302, 500, 429, 404].map(outcome))).toEqual([
      'TerminalError: host answers with a redirect, which is not followed: name where it leads',
      'Error: host answers with 500',
      'Error: host answers with 429',
      'TerminalError: host answers with 404: check the address and the secret',
    ]);
  });
});

describe('an e-mail', () => {
  const certificate = (): { key: string; cert: string } => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        ...subject,
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  };

  test('has sender, recipients, a subject on one line and plain text', async () => {
    const server = await mailServer();
    await mailTo(server.port).send(aNotice({ message: 'a\r\nBcc: c@example.org\r\nend' }), 'k.0');
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: 'anneal@example.org', to: ['ann@example.org', 'bob@example.org'] });
    expect(mail?.data).toContain('Subject: [anneal] support waiting: a Bcc: c@example.org end');
    expect(mail?.data).toContain('Auto-Submitted: auto-generated');
    expect(mail?.data).toContain('Message-ID: <k.0@anneal.invalid>');
    expect(mail?.data).toContain('anneal show support-1');
    expect(mail?.data).not.toMatch(/^Bcc:/im);
  });

  test('is not sent in the clear where encryption is asked for', async () => {
    const server = await mailServer();
    await expect(mailTo(server.port, { tls: 'starttls' }).send(aNotice(), 'k.0')).rejects.toThrow(
      /it does not offer encryption; check tls and port/,
    );
    expect(server.mails).toEqual([]);
    expect(server.lines.join('\n')).not.toContain('MAIL FROM');
  });

  test('is not sent to a server whose certificate nobody vouches for', async () => {
    const server = await mailServer({ tls: certificate() });
    await expect(mailTo(server.port, { tls: 'starttls' }).send(aNotice(), 'k.0')).rejects.toThrow(
      'did not take the e-mail',
    );
    expect(server.mails).toEqual([]);
  });

  test('goes out encrypted, by STARTTLS or from the first byte', async () => {
    const made = certificate();
    const known = getCACertificates('default');
    setDefaultCACertificates([...known, made.cert]);
    try {
      for (const tls of ['starttls', 'implicit'] as const) {
        const server = await mailServer({
          tls: { ...made, implicit: tls === 'implicit' },
          login: { user: 'mail-user', password: PASSWORD },
        });
        await mailTo(server.port, { tls, ...login }).send(aNotice(), 'k.0');
        expect(server.mails).toMatchObject([{ isEncrypted: true }]);
      }
    } finally {
      setDefaultCACertificates(known);
    }
  });

  test('gives its password to no other machine in the clear', async () => {
    await expect(mailTo(25, { host: 'mail.example.org', ...login }).send(aNotice(), 'k.0')).rejects.toThrow(
      'mail.example.org would get the password unencrypted: set tls to starttls or implicit',
    );
  });

  test('whose recipients are not known is given up, and one for a busy server is tried again', async () => {
    const outcome = async (recipientReply: string): Promise<string> => {
      const server = await mailServer({ recipientReply });
      const error = (await mailTo(server.port)
        .send(aNotice(), 'k.0')
        .catch((thrown: Error) => thrown)) as Error;
      return `${error.name}: ${error.message}`;
    };
    expect([await outcome('550 no such user'), await outcome('451 later')]).toEqual([
      'TerminalError: 127.0.0.1 did not take the e-mail (EENVELOPE, 550): check sender and recipients',
      'Error: 127.0.0.1 did not take the e-mail (EENVELOPE, 451)',
    ]);
  });
});
