import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decontaminate } from '../../data/policies/decontaminate.ts';
import { identify, type Row } from '../../data/row.ts';
import { askPython, createRandom, createSpeech, emptyWorld, median, type Figure } from './support.ts';

const ROUNDS = 3;
const GRAM = 13;
const TESTS = 1850;
const ROWS = 50_000;
/** Every so many rows one repeats a test row. */
const LEAK_EVERY = 10;

/**
 * 50,000 rows held against 222,000 runs of 13 words: the policy beside plain Python sets, which say only whether any
 * run is shared. Then what the policy is for: how many leaks it finds when they are disguised, and how many clean
 * rows it takes for leaks when all rows share a template.
 */
export async function measureDecontaminate(): Promise<Figure[]> {
  const plain = createRows('');
  const ours: Scan[] = [];
  const theirs: Scan[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'));
  try {
    const paths = [join(folder, 'tests.jsonl'), join(folder, 'rows.jsonl')] as const;
    for (const [i, rows] of [plain.tests, plain.rows].entries())
      writeFileSync(paths[i] as string, rows.map((row) => `${JSON.stringify(textOfRow(row))}\n`).join(''));
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await scan(plain, Number.MIN_VALUE));
      theirs.push(await askPython<Scan>('decontaminate.py', [...paths, String(GRAM)]));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const [we, they] = [ours[0] as Scan, theirs[0] as Scan];
  const isEqual = JSON.stringify(we.hits) === JSON.stringify(they.hits);
  const ratio = median(theirs.map(({ scanning }, i) => scanning / (ours[i] as Scan).scanning));
  const tell = (scans: Scan[]): string =>
    `${Math.round(ROWS / median(scans.map(({ scanning }) => scanning)))} rows/s, ${scans[0]?.hits.length} hits, ${scans[0]?.grams} runs`;

  const templated = createRows(TEMPLATE);
  const { hits } = await scan(templated, 0.5);
  const found = new Set(hits);
  const kinds = Object.keys(DISGUISES);
  const recallOf = (kind: string): number => {
    const leaks = templated.leaks.filter((leak) => leak.kind === kind);
    return leaks.filter(({ at }) => found.has(at)).length / leaks.length;
  };
  const recall = templated.leaks.filter(({ at }) => found.has(at)).length / templated.leaks.length;
  const leaked = new Set(templated.leaks.map(({ at }) => at));
  const phantoms = hits.filter((at) => !leaked.has(at)).length / (ROWS - leaked.size);
  return [
    {
      row: `decontamination, ${ROWS} rows against ${we.grams} runs of ${GRAM} words, beside plain Python sets`,
      ours: tell(ours),
      beside: tell(theirs),
      ratio,
      aim: 'at least 3 times as fast, with the same hits',
      met: ratio >= 3 && isEqual,
      notes: [
        isEqual ? 'the same rows are hit' : 'NOT the same rows are hit',
        `reading the test rows: ours ${median(ours.map(({ indexing }) => indexing)).toFixed(2)} s, Python ${median(theirs.map(({ indexing }) => indexing)).toFixed(2)} s`,
      ],
    },
    {
      row: `decontamination, recall of ${templated.leaks.length} disguised leaks among ${ROWS} rows of one template`,
      ours: `recall ${recall.toFixed(4)}, clean rows taken for leaks ${phantoms.toFixed(4)}`,
      beside: 'no tool: the leaks are known',
      aim: 'recall of at least 0.95',
      met: recall >= 0.95,
      notes: [
        ...kinds.map((kind) => `${kind}: recall ${recallOf(kind).toFixed(4)}`),
        'but for the template, rows are random words: clean rows share no phrase that everybody uses, as real ones do',
      ],
    },
  ];
}

interface Scan {
  /** Seconds for the test rows, and for the training rows. */
  indexing: number;
  scanning: number;
  grams: number;
  /** Numbers of the rows hit, from 0. */
  hits: number[];
}

interface Rows {
  tests: (Row & { reference: string })[];
  rows: Row[];
  leaks: { at: number; kind: string }[];
}

async function scan({ tests, rows }: Rows, minShare: number): Promise<Scan> {
  const world = emptyWorld([{ digest: '', name: 'tests', rows: tests }]);
  const settings = { policy: 'decontaminate', against: 'own', gram: GRAM, minShare, action: 'drop' } as const;
  const start = performance.now();
  const run = await decontaminate.start(settings, world);
  const indexed = performance.now();
  const hits: number[] = [];
  for (const row of rows) if (run.apply(row)) hits.push(row.line - 1);
  const end = performance.now();
  const findings = run.findings?.() as { against: { grams: number } };
  return { indexing: (indexed - start) / 1000, scanning: (end - indexed) / 1000, grams: findings.against.grams, hits };
}

const textOfRow = (row: Row & { reference?: string }): string =>
  [...row.messages.map(({ content }) => String(content)), row.reference ?? ''].join('\n');

const TEMPLATE =
  'You are given a message that a customer wrote to us. Read it with care and say which of our departments should deal with it first. The message: ';

/** Ways in which a leak is hidden, by accident or not. */
const DISGUISES: Record<string, (text: string, speak: (count: number) => string[]) => string> = {
  're-wrapped': (text) =>
    text
      .split(' ')
      .map((word, i) => (i % 7 === 6 ? `${word}\n` : `${word} `))
      .join(''),
  'upper case': (text) => text.toUpperCase(),
  'other punctuation': (text) =>
    text
      .replaceAll('.', ' ')
      .split(' ')
      .map((word, i) => (i % 5 === 4 ? `${word};` : word))
      .join(' '),
  'three quarters of it': (text) => text.slice(Math.floor(text.length / 4)),
  'in a longer document': (text, speak) => `${speak(200).join(' ')}\n\n${text.toLowerCase()} ${speak(200).join(' ')}`,
};

function createRows(template: string): Rows {
  const random = createRandom(11);
  const speak = createSpeech(random);
  const say = (count: number): string =>
    speak(count)
      .join(' ')
      .replace(/(?:\S+ ){9}\S+/g, '$&.');
  const tests = Array.from({ length: TESTS }, (_, i) => {
    const reference = say(20);
    const asked = { role: 'user', content: template + say(70 + Math.floor(random() * 85)) } as const;
    return {
      ...identify({ messages: [asked, { role: 'assistant', content: reference }] }, 0, i + 1),
      messages: [asked],
      reference,
    };
  });
  const leaks: Rows['leaks'] = [];
  const kinds = Object.entries(DISGUISES);
  const rows = Array.from({ length: ROWS }, (_, at) => {
    let asked = template + say(40 + Math.floor(random() * 100));
    if (at % LEAK_EVERY === 0) {
      const leak = tests[Math.floor(random() * TESTS)] as Rows['tests'][number];
      const [kind, disguise] = kinds[(at / LEAK_EVERY) % kinds.length] as (typeof kinds)[number];
      asked = disguise(String(leak.messages[0]?.content), speak);
      leaks.push({ at, kind });
    }
    return identify(
      {
        messages: [
          { role: 'user', content: asked },
          { role: 'assistant', content: say(20) },
        ],
      },
      0,
      at + 1,
    );
  });
  return { tests, rows, leaks };
}
