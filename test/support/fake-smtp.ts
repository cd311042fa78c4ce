import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** What the server does beside taking mail. */
export interface FakeSmtpOptions {
  /** Who may send; default: anybody. */
  login?: { user: string; password: string };
  /** Offers STARTTLS with these; with `implicit` speaks TLS from the first byte. */
  tls?: { key: string; cert: string; implicit?: boolean };
  /** Says this to `RCPT TO`. */
  recipientReply?: string;
}

export interface Mail {
  from: string;
  to: string[];
  /** Headers and text as they came, lines ended by CRLF. */
  data: string;
  isEncrypted: boolean;
}

/** A mail server that speaks as much SMTP as sending takes: EHLO, AUTH PLAIN, STARTTLS, MAIL, RCPT, DATA, RSET, QUIT. */
export interface FakeSmtp {
  port: number;
  mails: Mail[];
  /** Every line that came, in the clear or not, without what is in a mail. */
  lines: string[];
  close(): Promise<void>;
}

/** Starts it on a free port of this machine. */
export async function startFakeSmtp(options: FakeSmtpOptions = {}): Promise<FakeSmtp> {
  const fake: Pick<FakeSmtp, 'mails' | 'lines'> = { mails: [], lines: [] };
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (options.tls?.implicit) serve(encrypted(socket, options.tls), true, options, fake);
    else serve(socket, false, options, fake);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...fake,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function encrypted(socket: Socket, { key, cert }: { key: string; cert: string }): TLSSocket {
  const secured = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ key, cert }) });
  secured.on('error', () => undefined);
  return secured;
}

function serve(
  socket: Socket,
  isEncrypted: boolean,
  options: FakeSmtpOptions,
  { mails, lines }: Pick<FakeSmtp, 'mails' | 'lines'>,
  isGreeting = true,
): void {
  const { login, tls, recipientReply } = options;
  const say = (...replies: string[]): void => void socket.write(replies.map((reply) => `${reply}\r\n`).join(''));
  let mail: Mail | undefined;
  let isInData = false;
  let isIn = login === undefined;
  let buffer = '';
  const command = (line: string): void => {
    lines.push(line);
    const verb = line.split(' ', 1)[0]?.toUpperCase();
    if (verb === 'EHLO' || verb === 'HELO') {
      const offers = [...(tls && !isEncrypted ? ['STARTTLS'] : []), ...(login ? ['AUTH PLAIN'] : []), '8BITMIME'];
      say('250-fake greets you', ...offers.slice(0, -1).map((offer) => `250-${offer}`), `250 ${offers.at(-1)}`);
    } else if (verb === 'STARTTLS' && tls) {
      say('220 go on');
      socket.removeAllListeners('data');
      serve(encrypted(socket, tls), true, options, { mails, lines }, false);
    } else if (verb === 'STARTTLS') say('502 not here');
    else if (verb === 'AUTH') {
      const [, user, password] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString('utf8')
        .split('\0');
      isIn = user === login?.user && password === login?.password;
      say(isIn ? '235 welcome' : `535 5.7.8 no: ${line}`);
    } else if (!isIn && verb === 'MAIL') say('530 5.7.0 authentication required');
    else if (verb === 'MAIL') {
      mail = { from: addressIn(line), to: [], data: '', isEncrypted };
      say('250 ok');
    } else if (verb === 'RCPT') {
      if (recipientReply !== undefined) return say(recipientReply);
      mail?.to.push(addressIn(line));
      say('250 ok');
    } else if (verb === 'DATA') {
      isInData = true;
      say('354 end with a dot');
    } else if (verb === 'QUIT') {
      say('221 bye');
      socket.end();
    } else say('250 ok');
  };
  socket.on('data', (chunk: Buffer) => {
    buffer += chunk.toString('utf8');
    for (;;) {
      const end = isInData ? '\r\n.\r\n' : '\r\n';
      const at = buffer.indexOf(end);
      if (at < 0) return;
      const text = buffer.slice(0, at);
      buffer = buffer.slice(at + end.length);
      if (!isInData) command(text);
      else {
        isInData = false;
        if (mail) mails.push({ ...mail, data: text.replaceAll('\r\n..', '\r\n.') });
        say('250 queued');
      }
    }
  });
  if (isGreeting) say('220 fake ESMTP');
}

const addressIn = (line: string): string => /<([^>]*)>/.exec(line)?.[1] ?? '';
