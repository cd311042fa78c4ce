import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** An answer of a model at a vendor, as it is kept. */
const KeptAnswer = z.object({
  id: z.string(),
  /** Untrusted; null: none came, and `why` says why. */
  text: z.string().nullable(),
  why: z.string().optional(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  /** Absent for one out of a batch. */
  seconds: z.number().optional(),
  /** What it cost of the usual price, default 1. */
  priceShare: z.number().optional(),
});
export type KeptAnswer = z.infer<typeof KeptAnswer>;

/** Longest time that an answer may be lost for when the machine loses power, in ms. A killed process loses none. */
const SYNC_EVERY_MS = 1000;

/** Answers that came, each written down before anybody uses it. */
export interface AnswersFile {
  readonly path: string;
  /** By the id of their prompt. */
  readonly known: ReadonlyMap<string, KeptAnswer>;
  add(answer: KeptAnswer): void;
  /** Closing again does nothing. */
  close(): void;
}

/** Opens a file of answers with what an earlier process wrote; a line that it was killed at is cut off. */
export function openAnswers(path: string): AnswersFile {
  mkdirSync(dirname(path), { recursive: true });
  const known = new Map<string, KeptAnswer>();
  if (existsSync(path)) {
    const bytes = readFileSync(path);
    const whole = bytes.lastIndexOf('\n') + 1;
    if (whole < bytes.length) truncateSync(path, whole);
    for (const line of bytes.toString('utf8', 0, whole).split('\n')) {
      const answer = parse(line);
      if (answer && !known.has(answer.id)) known.set(answer.id, answer);
    }
  }
  const file = openSync(path, 'a');
  let synced = performance.now();
  let isOpen = true;
  return {
    path,
    known,
    add: (answer) => {
      if (!isOpen) throw new Error(`${path} is closed`);
      if (known.has(answer.id)) return;
      writeSync(file, `${JSON.stringify(answer)}\n`);
      known.set(answer.id, answer);
      if (performance.now() - synced < SYNC_EVERY_MS) return;
      fsyncSync(file);
      synced = performance.now();
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      fsyncSync(file);
      closeSync(file);
    },
  };
}

function parse(line: string): KeptAnswer | undefined {
  if (line === '') return undefined;
  try {
    return KeptAnswer.parse(JSON.parse(line));
  } catch {
    return undefined; // damaged on the disk: it is asked again
  }
}
