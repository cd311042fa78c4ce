import type { Span } from './span.ts';
import { replaceAll, withoutOverlaps } from './span.ts';

export type SecretKind =
  | 'privateKey'
  | 'aws'
  | 'google'
  | 'github'
  | 'gitlab'
  | 'slack'
  | 'stripe'
  | 'openai'
  | 'anthropic'
  | 'huggingface'
  | 'npm'
  | 'pypi'
  | 'twilio'
  | 'sendgrid'
  | 'jwt'
  | 'uriPassword'
  | 'authorization'
  | 'assignment';

/** Tokens of services, told by prefix and length; none begins in the middle of a word. */
const TOKENS: readonly [SecretKind, string][] = [
  ['aws', String.raw`(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])`],
  ['google', String.raw`AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{28}`],
  ['github', String.raw`gh[opusr]_[A-Za-z0-9]{36,255}|github_pat_\w{82}`],
  ['gitlab', String.raw`gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[\w.-]{20,}`],
  [
    'slack',
    String.raw`xox[abeoprs](?:\.xox[bp])?-[\w-]{10,}|xapp-\d-[\w-]{10,}|hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}`,
  ],
  ['stripe', String.raw`(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,}`],
  ['anthropic', String.raw`sk-ant-[\w-]{20,}`],
  ['openai', String.raw`sk-(?:(?:proj|svcacct|admin|None)-[\w-]{20,}|[A-Za-z0-9]{32,})`],
  ['huggingface', String.raw`(?:hf_|api_org_)[A-Za-z0-9]{30,}`],
  ['npm', String.raw`npm_[A-Za-z0-9]{36}`],
  ['pypi', String.raw`pypi-[\w-]{50,}`],
  ['twilio', String.raw`SK[0-9a-f]{32}(?![A-Za-z0-9])`],
  ['sendgrid', String.raw`SG\.[\w-]{22}\.[\w-]{43}`],
  ['jwt', String.raw`eyJ[\w-]{10,}\.eyJ[\w-]{8,}\.[\w-]*`],
];
const TOKEN_START =
  'AKIA|ASIA|ABIA|ACCA|AIza|ya29|GOCSPX|gh[opusr]_|github_pat|gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-|xox|xapp|hooks\\.slack|[sr]k[_-]|whsec|hf_|api_org|npm_|pypi-|SK[0-9a-f]|SG\\.|eyJ';
const MAY_HOLD_TOKEN = new RegExp(`(?<![\\w-])(?:${TOKEN_START})`);
const TOKEN = new RegExp(`(?<![\\w-])(?:${TOKENS.map(([, form]) => `(${form})`).join('|')})`, 'g');

const KEY_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
// Line breaks may be written out, as they are inside JSON.
const KEY_BODY = /(?:[A-Za-z0-9+/=\s]|\\[nr])*/y;

const URI = /:\/\/[^\s:/@?#"'<>]{0,100}:([^\s/@"'<>]{1,200})@[\w[]/g;
const AUTHORIZATION = /\bauthorization["']?\s{0,3}[:=,]\s{0,3}["']?(?:bearer|basic|token)\s{1,3}([\w.~+/=-]{8,})/gi;
const NAME =
  'passw(?:or)?d|passphrase|pwd|secret|token|api[_ -]?key|apikey|access[_-]?key|auth[_-]?key|private[_-]?key|encryption[_-]?key|credentials?';
const NAMED = new RegExp(NAME, 'i');
// An & ends a value only where a query string goes on with another name.
const ASSIGNMENT = new RegExp(
  String.raw`(?:${NAME})[\w.-]{0,20}["'\`]?\s{0,4}(?::=|=>|[:=])\s{0,4}(?:"([^"\s]{8,200})"|'([^'\s]{8,200})'|((?:[^\s"'\`,;<>&(){}[\]]|&(?![\w-]{1,40}=)){8,200}))`,
  'gi',
);

/**
 * Keys, tokens and passwords in a text, in order, without overlaps (the longest wins), in time linear in its
 * length. `context` is the key that the text is the value of. A password after a name such as `password=` counts
 * only when it looks random: words and examples are let through.
 */
export function findSecrets(text: string, context = ''): Span<SecretKind>[] {
  const spans: Span<SecretKind>[] = [];
  if (text.includes('-----BEGIN ')) findPrivateKeys(text, spans);
  if (MAY_HOLD_TOKEN.test(text)) findTokens(text, spans);
  if (text.includes('://')) addGroups(text, URI, 'uriPassword', spans, (password) => !isPlaceholder(password));
  if (text.includes('uthorization') || text.includes('UTHORIZATION')) {
    addGroups(text, AUTHORIZATION, 'authorization', spans, (token) => !EXAMPLE.test(token));
  }
  if (/[=:]/.test(text)) addGroups(text, ASSIGNMENT, 'assignment', spans, isRandom);
  if (context !== '' && text.length <= 200 && NAMED.test(context) && isRandom(text)) {
    spans.push({ kind: 'assignment', start: 0, end: text.length });
  }
  return withoutOverlaps(spans);
}

/** The text with `[SECRET]` where secrets were; in the result nothing more is found. */
export function redactSecrets(text: string, context = ''): string {
  return replaceAll(
    text,
    (current) => findSecrets(current, context),
    () => '[SECRET]',
  );
}

function findPrivateKeys(text: string, spans: Span<SecretKind>[]): void {
  let hasEnd = true;
  KEY_BEGIN.lastIndex = 0;
  for (let begin = KEY_BEGIN.exec(text); begin; begin = KEY_BEGIN.exec(text)) {
    KEY_END.lastIndex = KEY_BEGIN.lastIndex;
    // Once there is no end to be found there is none further on, so the text is not searched again.
    const end: RegExpExecArray | null = hasEnd ? KEY_END.exec(text) : null;
    hasEnd = end !== null;
    KEY_BODY.lastIndex = KEY_BEGIN.lastIndex;
    if (!end) KEY_BODY.exec(text);
    const stop = end ? KEY_END.lastIndex : KEY_BODY.lastIndex;
    spans.push({ kind: 'privateKey', start: begin.index, end: stop });
    KEY_BEGIN.lastIndex = stop;
  }
}

function findTokens(text: string, spans: Span<SecretKind>[]): void {
  for (const match of text.matchAll(TOKEN)) {
    const which = TOKENS[match.slice(1).findIndex((group) => group !== undefined)]!;
    spans.push({ kind: which[0], start: match.index, end: match.index + match[0].length });
  }
}

function addGroups(
  text: string,
  form: RegExp,
  kind: SecretKind,
  spans: Span<SecretKind>[],
  accepts: (value: string) => boolean,
): void {
  for (const match of text.matchAll(form)) {
    const value = match.slice(1).find((group) => group !== undefined) ?? '';
    if (!accepts(value)) continue;
    const start = match.index + match[0].lastIndexOf(value);
    spans.push({ kind, start, end: start + value.length });
  }
}

const PLACEHOLDER = /^(?:\[.*\]|<.*>|\$.*|%.*%|\{.*\}|\*+|x+|\.+|…)$/i;
// What manuals write in place of a token: YOUR_TOKEN, your-api-key.
const EXAMPLE = /^(?:[A-Z_]+|(?:your|my|some)[-_].*)$/;
const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value);

/** Long and mixed enough to be made by a machine or a password manager: ≥ 3 bits a character, letters and digits. */
function isRandom(value: string): boolean {
  if (value.length < 8 || isPlaceholder(value) || /\s|\[SECRET\]|^https?:|\/\//.test(value)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((one) => one.test(value)).length;
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  if (classes < (value.length >= 16 ? 2 : 3)) return false;
  return bitsPerCharacter(value) >= (value.length >= 16 ? 3 : 2.75);
}

/** Shannon's entropy of the characters of a text. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
