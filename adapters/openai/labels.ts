import type { Job } from './replies.ts';

/** Longest suffix that OpenAI takes, in characters. */
const MAX_SUFFIX = 64;
/** Room for the line when nobody chose a text: some servers take 40 characters in all. */
const MAX_LINE = 22;
/** Digits of the key that stand in a suffix and in the names of files. */
const SHORT = 12;
const MAX_VALUE = 512;

/** The first digits of a key, which stand where there is no room for it whole. */
export const shortKey = (key: string): string => key.slice(0, SHORT);

/** Name of an uploaded file: whose it is, and what is in it. */
export const fileName = (key: string, sha256: string): string => `anneal-${shortKey(key)}-${sha256}.jsonl`;

/**
 * A suffix for the tuned model's name that says whose job it is, for servers that keep no metadata.
 *
 * @param text A person's; undefined: the line.
 */
export function suffixOf(text: string | undefined, labels: Readonly<Record<string, string>>): string {
  const mark = `an-${shortKey(labels['anneal_key'] ?? '')}-${labels['anneal_try'] ?? '1'}`;
  const said = text ?? (labels['anneal_line'] ?? '').slice(0, MAX_LINE);
  const room = MAX_SUFFIX - mark.length - 1;
  return said === '' ? mark : `${said.slice(0, room)}-${mark}`;
}

/** Labels as metadata, within what the protocol allows. */
export const metadataOf = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels)
      .slice(0, 16)
      .map(([name, value]) => [name.slice(0, 64), value.slice(0, MAX_VALUE)]),
  );

const MARK = /(?:^|[^a-z0-9])an[-_]([0-9a-f]{12})[-_](\d{1,4})(?!\d)/i;
const FILE = /^anneal-([0-9a-f]{12})-[0-9a-f]{64}\.jsonl$/;

/** The short key in the name of one of our files. */
const keyInFileName = (name: string): string | undefined => FILE.exec(name)?.[1];

/**
 * Labels that a job carries: in its metadata, else in its suffix or name, else in the name of its training file. Where
 * there is only a short key, a key that begins with it is taken for it.
 *
 * @param key What is looked for.
 * @param training Name of its training file, where that is known.
 */
export function labelsOf(job: Job, key?: string, training?: string): Record<string, string> {
  const kept = Object.fromEntries(
    Object.entries(job.metadata ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
  if (kept['anneal_key'] !== undefined) return kept;
  const whole = (short: string): string =>
    key !== undefined && shortKey(key) === short.toLowerCase() ? key : short.toLowerCase();
  for (const text of [job.suffix, job.user_provided_suffix, job.fine_tuned_model]) {
    const [, short, number] = MARK.exec(text ?? '') ?? [];
    if (short !== undefined && number !== undefined) return { ...kept, anneal_key: whole(short), anneal_try: number };
  }
  const short = keyInFileName(training ?? '');
  return short === undefined ? kept : { ...kept, anneal_key: whole(short) };
}

/** Whether a job shows nothing at all by which it could be told whose it is. */
export const isBare = ({ metadata, suffix, user_provided_suffix, training_file }: Job): boolean =>
  metadata === undefined && [suffix, user_provided_suffix, training_file].every((text) => !text);
