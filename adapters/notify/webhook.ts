import { createHmac } from 'node:crypto';
import { messageOf, systemCode, terminal } from '../../configs/failure.ts';
import type { NotifyTarget } from '../../configs/notify.ts';
import type { Notifier } from '../contracts.ts';
import { secretIn } from './secret.ts';

type Webhook = Extract<NotifyTarget, { to: 'webhook' }>;

/** How long a receiver may take, in ms. */
const TIMEOUT_MS = 15_000;
/** Answers that ask for patience; every other one from 400 to 499 will not change. */
const TRY_AGAIN = new Set([408, 409, 425, 429]);

/**
 * Posts a notice as JSON, with the headers of Standard Webhooks (standardwebhooks.com): `webhook-id` stays the same
 * however often it is sent, and `webhook-signature` is `v1,` and the HMAC-SHA256 of `id.timestamp.body` in Base64.
 * A redirect is not followed. The address may itself be a secret: only its host is ever named.
 */
export function webhookNotifier({ url, secret }: Pick<Webhook, 'url' | 'secret'>): Notifier {
  const { host } = new URL(url);
  return {
    send: async (notice, key) => {
      const id = `msg_${key}`;
      const { kind, at } = notice;
      const body = JSON.stringify({ type: `anneal.${kind}`, timestamp: at, data: { id: key, ...notice } });
      const timestamp = String(Math.floor(Date.now() / 1000));
      const response = await post(
        url,
        host,
        {
          'content-type': 'application/json',
          'user-agent': 'anneal',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          ...(secret === undefined
            ? {}
            : { 'webhook-signature': signatureOf(secretIn(secret, 'the webhook'), `${id}.${timestamp}.${body}`) }),
        },
        body,
      );
      const { status } = response;
      await response.body?.cancel();
      if (status >= 200 && status < 300) return;
      if (status === 0 || (status >= 300 && status < 400))
        throw terminal('NoticeRefused', `${host} answers with a redirect, which is not followed: name where it leads`);
      if (status >= 400 && status < 500 && !TRY_AGAIN.has(status))
        throw terminal('NoticeRefused', `${host} answers with ${status}: check the address and the secret`);
      throw new Error(`${host} answers with ${status}`);
    },
  };
}

async function post(url: string, host: string, headers: Record<string, string>, body: string): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    // What fetch says may hold the whole address.
    const cause = error instanceof Error ? error.cause : undefined;
    const why = error instanceof Error && error.name === 'TimeoutError' ? 'no answer in time' : systemCode(cause);
    // oxlint-disable-next-line preserve-caught-error
    throw new Error(`${host} cannot be reached (${why ?? messageOf(error).replaceAll(url, host)})`);
  }
}

/** Secrets of Standard Webhooks are Base64 after `whsec_`; any other is taken as it is. */
function signatureOf(secret: string, signed: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}
