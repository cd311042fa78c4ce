import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nearDuplicates } from '../../data/policies/near-duplicates.ts';
import { identify, type Row } from '../../data/row.ts';
import { askPython, createRandom, createSpeech, emptyWorld, median, type Figure } from './support.ts';

const ROUNDS = 3;
const ORIGINALS = 42_000;
const COPIES = 8000;
const SHINGLE = 5;
const THRESHOLD = 0.7;

interface Copy {
  at: number;
  /** True Jaccard similarity to its original. */
  similarity: number;
}

/**
 * 50,000 documents of which 8000 are edited copies, each of another original, at a known similarity: our policy
 * row by row, beside Python tools, all from texts to decisions.
 */
export async function measureNearDuplicates(): Promise<Figure[]> {
  const { texts, copies } = createDocuments();
  const rows = texts.map((text, i) => identify({ messages: [{ role: 'user', content: text }] }, 0, i + 1));
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'));
  try {
    const path = join(folder, 'documents.jsonl');
    writeFileSync(path, texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
    const tools = ['datasketch', 'rensa', 'rensa-matrix'] as const;
    const ours: Outcome[] = [];
    const theirs = Object.fromEntries(tools.map((tool): [string, Outcome[]] => [tool, []]));
    const threads: Outcome[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await runOurs(rows));
      for (const tool of tools)
        theirs[tool]?.push(await askPython<Outcome>('near_duplicates.py', [tool, path], { RAYON_NUM_THREADS: '1' }));
      threads.push(await askPython<Outcome>('near_duplicates.py', ['rensa-matrix', path], { RAYON_NUM_THREADS: '2' }));
    }
    const quality = judge(ours[0] as Outcome, copies);
    const common = [
      'ours has one thread in every line; the matrix form of rensa keeps no order: of a pair it drops both',
      `recall: copies of a similarity of ${THRESHOLD} and more that are dropped; wrong: copies below it that are`,
    ];
    const figure = (name: string, outcomes: Outcome[], aim: number): Figure => {
      const ratio = median(outcomes.map((outcome, i) => secondsOf(outcome) / (ours[i] as Outcome).seconds));
      const other = judge(outcomes[0] as Outcome, copies);
      return {
        row: `near-duplicates, ${texts.length} documents, beside ${name}`,
        ours: tell(ours, quality),
        beside: tell(outcomes, other),
        ratio,
        aim: `at least ${aim} times as fast, at equal or better recall and precision`,
        met: ratio >= aim && quality.recall >= other.recall && quality.wrong <= other.wrong,
        notes: [
          `${name} alone, once it has the shingles: ${median(outcomes.map(({ seconds }) => seconds)).toFixed(2)} s`,
          ...common,
        ],
      };
    };
    return [
      figure('datasketch', theirs['datasketch'] ?? [], 10),
      figure('rensa, row by row', theirs['rensa'] ?? [], 1),
      figure('rensa, matrix, one thread', theirs['rensa-matrix'] ?? [], 1),
      figure('rensa, matrix, two threads', threads, 1),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Outcome {
  /** From texts to shingles, where that is counted apart. */
  splitting?: number;
  seconds: number;
  /** Numbers of the documents dropped, from 0. */
  dropped: number[];
}

const secondsOf = ({ splitting = 0, seconds }: Outcome): number => splitting + seconds;

async function runOurs(rows: readonly Row[]): Promise<Outcome> {
  const settings = {
    policy: 'nearDuplicates',
    threshold: THRESHOLD,
    shingle: SHINGLE,
    of: 'prompt',
    action: 'drop',
  } as const;
  const start = performance.now();
  const run = await nearDuplicates.start(settings, emptyWorld([]));
  const dropped: number[] = [];
  for (const row of rows) if (run.apply(row)) dropped.push(row.line - 1);
  return { seconds: (performance.now() - start) / 1000, dropped };
}

interface Quality {
  recall: number;
  wrong: number;
}

function judge({ dropped }: Outcome, copies: readonly Copy[]): Quality {
  const gone = new Set(dropped);
  const share = (of: readonly Copy[]): number => of.filter(({ at }) => gone.has(at)).length / Math.max(1, of.length);
  return {
    recall: share(copies.filter(({ similarity }) => similarity >= THRESHOLD)),
    wrong: share(copies.filter(({ similarity }) => similarity < THRESHOLD)),
  };
}

const tell = (outcomes: readonly Outcome[], { recall, wrong }: Quality): string =>
  `${median(outcomes.map(secondsOf)).toFixed(2)} s, recall ${recall.toFixed(3)}, wrong ${wrong.toFixed(3)}`;

function createDocuments(): { texts: string[]; copies: Copy[] } {
  const random = createRandom(7);
  const speak = createSpeech(random);
  const originals = Array.from({ length: ORIGINALS }, () => speak(64 + Math.floor(random() * 137)));
  const copies: Copy[] = [];
  const texts = originals.map((words) => words.join(' '));
  for (let i = 0; i < COPIES; i += 1) {
    const original = originals[i] as string[];
    const edited = [...original];
    // Each changed word spoils five shingles: up to a tenth of the words covers similarities from 1 down to 0.3.
    const edits = Math.floor(random() * original.length * 0.1);
    for (let edit = 0; edit < edits; edit += 1) edited[Math.floor(random() * edited.length)] = speak(1)[0] as string;
    copies.push({ at: texts.length, similarity: jaccard(shinglesOf(original), shinglesOf(edited)) });
    texts.push(edited.join(' '));
  }
  return { texts, copies };
}

const shinglesOf = (words: readonly string[]): Set<string> =>
  new Set(
    Array.from({ length: Math.max(1, words.length - SHINGLE + 1) }, (_, i) => words.slice(i, i + SHINGLE).join(' ')),
  );

function jaccard(a: Set<string>, b: Set<string>): number {
  let shared = 0;
  for (const shingle of a) if (b.has(shingle)) shared += 1;
  return shared / (a.size + b.size - shared);
}
