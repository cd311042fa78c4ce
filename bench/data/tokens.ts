import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadEncoding } from '../../data/tokens/encodings.ts';
import { loadTokenizer } from '../../data/tokens/hugging-face.ts';
import { root } from '../../scripts/toolchain.js';
import { median, type Figure } from './support.ts';

const BYTES = 5_000_000;
const ROUNDS = 15;
const WARM_UP = 6;
/** Different rounds where documents come again. */
const AGAIN = 3;
const script = join(root, 'bench', 'data', 'python', 'count_tokens.py');

/**
 * Token counting beside Python: the same texts (documentation of the installed packages), rounds in turn, medians;
 * the totals have to be equal. Once with documents that neither side has seen, once with the same ones in every third
 * round: words that were counted before are quicker here, and in a training set most words were.
 * ANNEAL_BENCH_PYTHON names an interpreter that has tiktoken and tokenizers.
 */
export async function measureTokens(): Promise<Figure[]> {
  const python = process.env['ANNEAL_BENCH_PYTHON'];
  if (!python) throw new Error('ANNEAL_BENCH_PYTHON is not set: `npm run bench -- data` sets it');
  const found = documents();
  const rounds = Array.from({ length: ROUNDS }, (_, round) => found.filter((_text, at) => at % ROUNDS === round));
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'));
  try {
    writeFileSync(join(folder, 'texts.json'), JSON.stringify(rounds));
    return [...(await besideTiktoken(python, folder, rounds)), await besideTokenizers(python, folder, rounds)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function besideTiktoken(python: string, folder: string, rounds: readonly string[][]): Promise<Figure[]> {
  const ranks = join(root, 'node_modules', 'gpt-tokenizer', 'data', 'o200k_base.tiktoken');
  copyFileSync(ranks, join(folder, 'o200k_base.tiktoken'));
  writeFileSync(join(folder, 'pattern.txt'), O200K_IN_PYTHON);
  const count = await loadEncoding('o200k_base');
  const countRound = (round: number): number => sum(rounds[round] ?? [], count);
  const unseen = await inTurn(python, 'tiktoken', folder, countRound, ROUNDS);
  const again = await inTurn(python, 'tiktoken', folder, countRound, AGAIN);
  return [
    {
      ...shown('count tokens, o200k', 'tiktoken', again),
      aim: '≥ 1.5 ×',
      met: again.ours / again.theirs >= 1.5,
      notes: [...notesOf(again), `the same documents in every round of ${AGAIN}`],
    },
    {
      ...shown('count tokens, o200k, documents not seen before', 'tiktoken', unseen),
      aim: 'none: reported as it is',
      met: true,
      notes: notesOf(unseen),
    },
  ];
}

async function besideTokenizers(python: string, folder: string, rounds: readonly string[][]): Promise<Figure> {
  const { status, stderr } = spawnSync(python, [script, 'train', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the tokenizer could not be trained: ${stderr}`);
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ chat_template: '{{ messages }}' }));
  const counter = await loadTokenizer(folder);
  if (typeof counter === 'string') throw new Error(counter);
  const times = await inTurn(
    python,
    'tokenizers',
    folder,
    (round) => sum(rounds[round] ?? [], counter.countText),
    ROUNDS,
  );
  return {
    ...shown('count tokens, Hugging Face byte-level BPE (8,000 tokens)', 'tokenizers', times),
    aim: 'none: reported as it is',
    met: true,
    notes: notesOf(times),
  };
}

interface Times {
  /** Tokens a second. */
  ours: number;
  theirs: number;
  total: number;
}

/** Median speeds of rounds in turn; which side begins alternates. `different`: how many before they come again. */
async function inTurn(
  python: string,
  kind: string,
  folder: string,
  count: (round: number) => number,
  different: number,
): Promise<Times> {
  const child = spawn(python, [script, kind, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TOKENIZERS_PARALLELISM: 'false' },
  });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await answer(lines, kind);
    const here = (round: number): Promise<Round> => {
      const start = performance.now();
      const total = count(round);
      return Promise.resolve({ total, seconds: (performance.now() - start) / 1000 });
    };
    const there = async (round: number): Promise<Round> => {
      child.stdin.write(`${round}\n`);
      return JSON.parse(await answer(lines, kind)) as Round;
    };
    const speeds: { ours: number; theirs: number }[] = [];
    let total = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const texts = round % different;
      const first = round % 2 === 0 ? await here(texts) : await there(texts);
      const second = round % 2 === 0 ? await there(texts) : await here(texts);
      if (first.total !== second.total)
        throw new Error(`${kind}: ${first.total} and ${second.total} tokens, so a ratio of speeds would say nothing`);
      total += first.total;
      const [mine, other] = round % 2 === 0 ? [first, second] : [second, first];
      if (round >= WARM_UP) speeds.push({ ours: mine.total / mine.seconds, theirs: other.total / other.seconds });
    }
    return { ours: median(speeds.map(({ ours }) => ours)), theirs: median(speeds.map(({ theirs }) => theirs)), total };
  } finally {
    await end(child);
  }
}

interface Round {
  total: number;
  seconds: number;
}

async function answer(lines: AsyncIterator<string>, kind: string): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error(`${kind}: Python ended before it answered; is it installed there?`);
  return value;
}

async function end(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function shown(row: string, tool: string, { ours, theirs }: Times): Pick<Figure, 'row' | 'ours' | 'beside' | 'ratio'> {
  const speed = (tokens: number): string => `${(tokens / 1e6).toFixed(2)} M tokens/s`;
  return {
    row,
    ours: speed(ours),
    beside: `${speed(theirs)} (${tool})`,
    ratio: Math.round((100 * ours) / theirs) / 100,
  };
}

const notesOf = ({ total }: Times): string[] => [
  `${total.toLocaleString('en')} tokens counted by both sides, one thread each`,
  `medians of ${ROUNDS - WARM_UP} rounds in turn after ${WARM_UP} to warm up`,
];

/** Real text: documentation of the installed packages, in a fixed order, each of 1 KB and more, up to 5 MB in all. */
function documents(): string[] {
  const found: string[] = [];
  let bytes = 0;
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (bytes >= BYTES) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.(md|markdown)$/i.test(entry.name)) {
        const text = readFileSync(path, 'utf8').slice(0, 100_000).toWellFormed();
        if (text.length < 1024) continue;
        found.push(text);
        bytes += Buffer.byteLength(text);
      }
    }
  };
  walk(join(root, 'node_modules'));
  return found;
}

const sum = (texts: readonly string[], count: (text: string) => number): number =>
  texts.reduce((total, text) => total + count(text), 0);

// tiktoken_ext/openai_public.py: what the encoding was published with.
const O200K_IN_PYTHON = [
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?`,
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?`,
  String.raw`\p{N}{1,3}`,
  String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*`,
  String.raw`\s*[\r\n]+`,
  String.raw`\s+(?!\S)`,
  String.raw`\s+`,
].join('|');
