import { z } from 'zod';
import { plain } from '../../configs/plain.ts';
import { redact } from '../remote/redact.ts';

/** An error as Google's REST interfaces write it (https://google.aip.dev/193); a list of one from some. */
const Status = z.object({
  error: z.object({
    message: z.string().catch(''),
    status: z.string().catch(''),
    details: z.array(z.looseObject({})).catch([]),
  }),
});
const ErrorBody = z.union([
  Status,
  z
    .array(Status)
    .min(1)
    .transform((list) => list[0] as z.infer<typeof Status>),
]);

const Info = z.object({ reason: z.string(), metadata: z.record(z.string(), z.string()).catch({}) });
const Retry = z.object({ retryDelay: z.string() });

/** What an error's body says. */
export interface Words {
  /** The vendor's own sentence in one line, shortened, without secrets. */
  text: string;
  /** Canonical code, e.g. `PERMISSION_DENIED`. */
  code: string;
  /** Machine-readable cause, e.g. `SERVICE_DISABLED`. */
  reason: string;
  /** Facts about the cause: `permission`, `service`, `consumer`. */
  facts: Record<string, string>;
  /** How long to wait, in ms. */
  retryAfterMs?: number | undefined;
}

/** Longest piece of the vendor's own words in a message of ours, in characters. */
const MAX_WORDS = 300;

/** One line of untrusted text that may be shown. */
export function shown(text: string, secrets: readonly (string | undefined)[]): string {
  const line = plain(redact(text, secrets)).replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}…` : line;
}

/** Reads the body of an error reply. @param secrets Taken out wherever they stand. */
export function wordsOf(body: string, secrets: readonly (string | undefined)[]): Words {
  const parsed = ErrorBody.safeParse(parse(body));
  if (!parsed.success) return { text: shown(body.replace(/<[^>]*>/g, ' '), secrets), code: '', reason: '', facts: {} };
  const { message, status, details } = parsed.data.error;
  const infos = details.flatMap((detail) => Info.safeParse(detail).data ?? []);
  const info = infos[0] ?? { reason: '', metadata: {} };
  const delay = details.flatMap((detail) => Retry.safeParse(detail).data?.retryDelay ?? [])[0];
  const seconds = delay === undefined ? NaN : Number.parseFloat(delay);
  return {
    text: shown(message, secrets),
    code: /^[A-Z_]{2,40}$/.test(status) ? status : '',
    reason: /^[A-Z0-9_]{2,63}$/.test(info.reason) ? info.reason : '',
    facts: Object.fromEntries(Object.entries(info.metadata).map(([name, value]) => [name, shown(value, secrets)])),
    ...(Number.isFinite(seconds) ? { retryAfterMs: Math.max(0, seconds * 1000) } : {}),
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
