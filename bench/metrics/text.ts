import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { corpusBleu } from '../../metrics/text/bleu.ts';
import { corpusChrf } from '../../metrics/text/chrf.ts';
import { rouge } from '../../metrics/text/rouge.ts';
import { corpusTer } from '../../metrics/text/ter.ts';
import type { Figure } from '../data/support.ts';
import { createPairs } from './pairs.ts';

const ROUNDS = 3;
const PAIRS = 10_000;
const QUICK_PAIRS = 1000;
const AIM = 5;

type Score = (predictions: readonly string[], references: readonly string[]) => number[];

const rougeL =
  (stemmer: boolean): Score =>
  (predictions, references) =>
    predictions.map(
      (prediction, i) => rouge(prediction, references[i] ?? '', { stemmer, types: ['rougeL'] }).rougeL.f1,
    );
const lists = (references: readonly string[]): string[][] => references.map((reference) => [reference]);

/** What is compared: ours, the reference program, and how far the scores of the two may lie apart. */
const COMPARED: Record<string, { what: string; tool: string; tolerance: number; score: Score }> = {
  bleu: {
    what: 'BLEU of a corpus, 13a',
    tool: 'sacrebleu',
    tolerance: 1e-6,
    score: (predictions, references) => [corpusBleu(predictions, lists(references)).score],
  },
  chrf: {
    what: 'chrF of a corpus',
    tool: 'sacrebleu',
    tolerance: 1e-6,
    score: (predictions, references) => [corpusChrf(predictions, lists(references)).score],
  },
  ter: {
    what: 'TER of a corpus',
    tool: 'sacrebleu',
    tolerance: 1e-6,
    score: (predictions, references) => [corpusTer(predictions, lists(references)).score],
  },
  rougeL: { what: 'ROUGE-L of each pair', tool: 'rouge_score', tolerance: 1e-8, score: rougeL(false) },
  'rougeL:stemmer=true': {
    what: 'ROUGE-L of each pair, stemmed',
    tool: 'rouge_score',
    tolerance: 1e-8,
    score: rougeL(true),
  },
};

interface Round {
  seconds: number;
  scores: number[];
}

/**
 * The text metrics beside the programs that they are equal to: the same pairs, one thread each, rounds in turn, the
 * best of each side, scores compared.
 */
export async function measureText(python: string, quick: boolean): Promise<Figure[]> {
  const pairs = createPairs(quick ? QUICK_PAIRS : PAIRS);
  const predictions = pairs.map(({ prediction }) => prediction);
  const references = pairs.map(({ reference }) => reference);
  const words = references.reduce((sum, text) => sum + text.split(' ').length, 0) / references.length;
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'));
  writeFileSync(join(folder, 'pairs.json'), JSON.stringify(pairs.map((pair) => [pair.prediction, pair.reference])));
  const child = spawn(python, [join(import.meta.dirname, 'python', 'score.py'), join(folder, 'pairs.json')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await answer(lines);
    const figures: Figure[] = [];
    for (const [name, { what, tool, tolerance, score }] of Object.entries(COMPARED)) {
      process.stderr.write(`${what} …\n`);
      const ours: Round[] = [];
      const theirs: Round[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        ours.push(timed(() => score(predictions, references)));
        child.stdin.write(`${name}\n`);
        theirs.push(JSON.parse(await answer(lines)) as Round);
      }
      const [mine, other] = [best(ours), best(theirs)];
      const error = Math.max(...mine.scores.map((value, i) => Math.abs(value - (other.scores[i] ?? Number.NaN))));
      const isEqual = mine.scores.length === other.scores.length && error <= tolerance;
      const ratio = other.seconds / mine.seconds;
      figures.push({
        row: `${what}: ${pairs.length} pairs of ${words.toFixed(1)} words`,
        ours: speed(pairs.length, mine),
        beside: `${speed(pairs.length, other)} (${tool})`,
        ratio,
        aim: `at least ${AIM} times as fast, with equal scores`,
        met: ratio >= AIM && isEqual,
        notes: [
          `${isEqual ? 'equal' : 'NOT equal'}: largest difference ${error.toExponential(1)} of ${mine.scores.length} ${mine.scores.length === 1 ? 'score' : 'scores'}, allowed ${tolerance}`,
        ],
      });
    }
    return figures;
  } finally {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

function timed(work: () => number[]): Round {
  const start = performance.now();
  const scores = work();
  return { scores, seconds: (performance.now() - start) / 1000 };
}

const best = (rounds: readonly Round[]): Round =>
  rounds.reduce((fastest, round) => (round.seconds < fastest.seconds ? round : fastest));

const speed = (pairs: number, { seconds }: Round): string =>
  `${Math.round(pairs / seconds).toLocaleString('en')} pairs/s`;

async function answer(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('Python ended before it answered: what went wrong is said above');
  return value;
}

async function end(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
