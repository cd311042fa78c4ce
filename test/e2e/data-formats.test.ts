import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace } from '../support/cli.ts';

const place = makePlace();
const at = (name: string): string => join(place.folder, name);
const jsonl = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Columns, each file with rows of its own. */
const tickets = (name: string): { message: string; queue: string }[] =>
  Array.from({ length: 6 }, (_, i) => ({
    message: `ticket ${i}, "quoted" of ${name}`,
    queue: ['card', 'refund'][i % 2] as string,
  }));

const asText = (name: string, separator: string): string =>
  [['message', 'queue'], ...tickets(name).map(({ message, queue }) => [`"${message.replaceAll('"', '""')}"`, queue])]
    .map((cells) => `${cells.join(separator)}\n`)
    .join('');

const CONTAINERS = [
  'a.jsonl',
  'b.jsonl.gz',
  'c.jsonl.zst',
  'd.json',
  'e.csv',
  'f.tsv',
  'g.parquet',
  'h.csv.gz',
  'folder',
];

beforeAll(async () => {
  cpSync(join(root, 'examples', 'support-triage', 'base'), at('base'), { recursive: true });
  place.write(
    'recipe.yaml',
    `name: triage
data:
  train: { uri: a.jsonl }
  test: { uri: tested.jsonl }
  template: { prompt: '{{message}}', completion: '{{queue}}' }
model: { base: ./base }
`,
  );
  place.write('tested.jsonl', jsonl(tickets('the test file')));
  place.write('a.jsonl', jsonl(tickets('a')));
  writeFileSync(at('b.jsonl.gz'), gzipSync(jsonl(tickets('b'))));
  writeFileSync(at('c.jsonl.zst'), zstdCompressSync(jsonl(tickets('c'))));
  place.write('d.json', JSON.stringify(tickets('d')));
  place.write('e.csv', asText('e', ','));
  place.write('f.tsv', asText('f', '\t'));
  writeFileSync(at('h.csv.gz'), gzipSync(asText('h', ',')));
  place.write('g.json', JSON.stringify(tickets('g')));
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  await connection.run(`copy (from read_json('${at('g.json')}')) to '${at('g.parquet')}' (format parquet)`);
  connection.closeSync();
  database.closeSync();
  mkdirSync(at('folder'));
  const saved = tickets('folder');
  const table = tableFromArrays({
    message: saved.map(({ message }) => message),
    queue: saved.map(({ queue }) => queue),
  });
  writeFileSync(at('folder/data-00000-of-00001.arrow'), tableToIPC(table, 'stream'));
  writeFileSync(at('folder/state.json'), JSON.stringify({ _data_files: [{ filename: 'data-00000-of-00001.arrow' }] }));
  writeFileSync(at('folder/dataset_info.json'), '{}');
});

interface Looked {
  name: string;
  rows: { line: number; label?: string; messages: { role: string; content: unknown }[] }[];
}

test('every kind of file goes into one dataset, and comes out in every form', async () => {
  const added = await place.json<{ ref: string; rows: number; bad: number }>(
    'data',
    'add',
    ...CONTAINERS,
    '--name',
    'all',
    '--kind',
    'sft',
    '--recipe',
    'recipe.yaml',
  );
  expect(added).toMatchObject({ ref: 'all@v1', rows: 54, bad: 0 });
  const { rows } = await place.json<Looked>('data', 'sample', 'all@v1', '--count', '100');
  const asked = rows.map(({ messages }) => messages[0]?.content);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'folder'])
    expect(asked, name).toEqual(expect.arrayContaining(tickets(name).map(({ message }) => message)));

  for (const format of ['vertex', 'openai', 'alpaca', 'sharegpt', 'trl', 'parquet']) {
    const file = `out.${format === 'parquet' ? 'parquet' : `${format}.jsonl`}`;
    const exported = await place.json<{ written: number; rows: number; lost: { what: string }[] }>(
      'data',
      'export',
      'all@v1',
      '--format',
      format,
      '--output',
      file,
    );
    expect([format, exported.written, exported.rows]).toEqual([format, 54, 54]);
    const back = await place.json<Looked>('data', 'sample', file, '--count', '100');
    expect(new Set(back.rows.map(({ messages }) => messages[0]?.content)), format).toEqual(new Set(asked));
    expect(new Set(back.rows.map(({ messages }) => messages.at(-1)?.content)), format).toEqual(
      new Set(['card', 'refund']),
    );
  }
  const first = JSON.parse(readFileSync(at('out.vertex.jsonl'), 'utf8').split('\n', 1)[0] ?? '') as object;
  expect(first).toEqual({
    contents: [
      { role: 'user', parts: [{ text: 'ticket 0, "quoted" of a' }] },
      { role: 'model', parts: [{ text: 'card' }] },
    ],
  });
  const again = await place.anneal('data', 'export', 'all@v1', '--format', 'openai', '--output', 'out.openai.jsonl');
  expect([again.code, again.stderr]).toEqual([
    2,
    `error: ${at('out.openai.jsonl')} is there already: name another file with --output, or add --force to replace it\n`,
  ]);
});

const question = 'where is it';
const turns = [
  { role: 'user', content: question },
  { role: 'assistant', content: 'on its way' },
];
const ROW_FORMATS: [string, string, object][] = [
  ['OpenAI chat', 'sft', { messages: turns }],
  [
    'Vertex contents',
    'sft',
    {
      contents: [
        { role: 'user', parts: [{ text: question }] },
        { role: 'model', parts: [{ text: 'on its way' }] },
      ],
    },
  ],
  ['prompt and completion', 'sft', { prompt: question, completion: 'on its way' }],
  ['Alpaca', 'sft', { instruction: question, input: '', output: 'on its way' }],
  [
    'ShareGPT',
    'sft',
    {
      conversations: [
        { from: 'human', value: question },
        { from: 'gpt', value: 'on its way' },
      ],
    },
  ],
  [
    'preference pairs of OpenAI',
    'preference',
    {
      input: { messages: turns.slice(0, 1) },
      preferred_output: turns.slice(1),
      non_preferred_output: [{ role: 'assistant', content: 'no' }],
    },
  ],
  [
    'preference pairs of Vertex',
    'preference',
    {
      contents: [{ role: 'user', parts: [{ text: question }] }],
      completions: [
        { score: 1, completion: { role: 'model', parts: [{ text: 'on its way' }] } },
        { score: 0, completion: { role: 'model', parts: [{ text: 'no' }] } },
      ],
    },
  ],
  ['preference pairs of TRL', 'preference', { prompt: question, chosen: 'on its way', rejected: 'no' }],
  ['feedback', 'feedback', { prompt: question, completion: 'on its way', label: true }],
  ['documents', 'grounding', { text: question, title: 'a page' }],
];

test('every form of row is told apart, and the same conversation has the same id in each', async () => {
  const ids = new Map<string, string>();
  for (const [what, kind, row] of ROW_FORMATS) {
    place.write('one.jsonl', jsonl([row]));
    const found = await place.json<{ rows: { id: string }[] }>('data', 'sample', 'one.jsonl');
    ids.set(what, found.rows[0]?.id ?? 'none');
    const name = `${kind}-${ids.size}`;
    const added = await place.json<object>('data', 'add', 'one.jsonl', '--name', name, '--kind', kind);
    expect(added, what).toMatchObject({ kind, rows: 1 });
  }
  const of = (kind: string): Set<string | undefined> =>
    new Set(ROW_FORMATS.filter(([, other]) => other === kind).map(([what]) => ids.get(what)));
  expect([of('sft').size, of('preference').size]).toEqual([1, 1]);
  const wrong = await place.json<{ error: { type: string; message: string } }>(
    'data',
    'add',
    'a.jsonl',
    '--name',
    'x',
    '--kind',
    'preference',
    '--recipe',
    'recipe.yaml',
  );
  expect(wrong.error).toEqual({
    type: 'WrongKind',
    message: `${at('a.jsonl')}:1 is not a row of kind preference: expected a prompt with a chosen and a rejected answer`,
  });
});

test('two sets are held against each other by a key, and every look is one JSON document', async () => {
  const rows = (last: string): object[] =>
    [1, 2, 3].map((id) => ({ id, prompt: `question ${id}`, completion: id === 3 ? last : 'yes' }));
  place.write('old.jsonl', jsonl(rows('no').slice(0, 3)));
  place.write('new.jsonl', jsonl([...rows('yes').slice(1), { id: 4, prompt: 'question 4', completion: 'yes' }]));
  const diff = await place.json<{ counts: object; changed: { before: { line: number }; after: { line: number } }[] }>(
    'data',
    'diff',
    'old.jsonl',
    'new.jsonl',
    '--key',
    'id',
  );
  expect(diff.counts).toMatchObject({ same: 1, added: 1, removed: 1, changed: 1 });
  expect(diff.changed).toMatchObject([{ before: { line: 3 }, after: { line: 2 } }]);
  const looks = [
    ['inspect', 'old.jsonl'],
    ['sample', 'old.jsonl'],
    ['list'],
    ['inspect', 'nowhere.jsonl'],
    ['trace', 'nothing', '1'],
    ['diff', 'old.jsonl', 'nowhere.jsonl'],
  ];
  for (const look of looks) expect(await place.json<object>('data', ...look), look.join(' ')).toBeTypeOf('object');
});

describe.skipIf(noTrainer)('what check says', () => {
  interface Checked {
    ok: boolean;
    error?: { message: string };
    problems?: { path: string; message: string }[];
    statistics?: { train: { in: number; kept: number }; policies: { policy: string; side: string; removed: number }[] };
    estimate?: { usd: { low: number; high: number }; billed: { low: number; high: number } };
    price?: { source: string; checked?: string };
    notes?: string[];
  }
  const check = (...sets: string[]): Promise<Checked> => place.json<Checked>('check', 'recipe.yaml', ...sets);
  const set = (...fields: string[]): string[] => fields.flatMap((field) => ['--set', field]);

  test('of a query over files: its rows, or what is wrong with it', async () => {
    const sql = (query: string): string[] => set('data.train.uri=g.parquet', `data.train.sql=${query}`);
    expect((await check(...sql("select * from source where queue = 'card'"))).statistics?.train).toMatchObject({
      in: 3,
      kept: 3,
    });
    const wrong = [
      'selec 1',
      'select nope from source',
      'drop table source',
      'select 1; select 2',
      "select * from read_text('/etc/hostname')",
    ];
    for (const query of wrong) {
      const { ok, problems } = await check(...sql(query));
      expect([query, ok, problems?.length, problems?.[0]?.path]).toEqual([query, false, 1, 'data.train.sql']);
    }
    const { problems } = await check(
      ...set('data.train.uri=null', 'data.train.sql=select 1', 'data.train.connection=ANNEAL_NO_SUCH_DATABASE'),
    );
    expect(problems?.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'data.train.connection: the environment variable ANNEAL_NO_SUCH_DATABASE is not set: put a Postgres URI into it, as in postgres://user:password@host:5432/database',
    ]);
  });

  test('of damaged files: one sentence with the place, exit code 2, and nothing on stdout', async () => {
    const whole = gzipSync(jsonl(tickets('cut').flatMap((row) => Array.from({ length: 500 }, () => row))));
    writeFileSync(at('cut.jsonl.gz'), whole.subarray(0, whole.length - 20));
    place.write('broken.csv', 'message,queue\n"never closed,card\n');
    place.write('text.parquet', 'this is no Parquet file\n');
    place.write('deep.jsonl', `${'{"message":'.repeat(5000)}1${'}'.repeat(5000)}\n`);
    place.write('wide.csv', `${Array.from({ length: 100_000 }, (_, i) => `c${i}`).join(',')}\n`);
    place.write('escape.jsonl', '{"\\u001b[31mred\\u202e": 1}\n');
    const said: string[] = [];
    for (const name of ['cut.jsonl.gz', 'broken.csv', 'text.parquet', 'deep.jsonl', 'wide.csv', 'escape.jsonl']) {
      const { code, stdout, stderr } = await place.anneal('check', 'recipe.yaml', ...set(`data.train.uri=${name}`));
      expect([name, code, stdout]).toEqual([name, 2, '']);
      said.push(
        stderr
          .replaceAll(`${place.folder}/`, '')
          .replace(/^error: --set \S+ data\.train\.uri: /, '')
          .replace(/on line \d+\. Export/, 'on line N. Export')
          .trimEnd(),
      );
    }
    expect(said).toMatchInlineSnapshot(`
      [
        "cut.jsonl.gz is cut short: its compressed data do not end. The last good row is on line N. Export the file again",
        "broken.csv is damaged: a quote that opens in the record on line 2 is not closed before the end of the file. No row before that is whole. Export the file again",
        "text.parquet is text, not Parquet as its name says: export it again; expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow",
        "deep.jsonl:1 is nested more than 100 levels deep. 1 of 1 rows are bad, more than maxBadShare 0.05 allows. Mend the rows, or raise data.maxBadShare",
        "wide.csv:1 has 100000 columns, more than the 10000 that a table may have",
        "escape.jsonl:1 has no column "message"; its columns are red[U+202E]. 1 of 1 rows are bad, more than maxBadShare 0.05 allows. Mend the rows, or raise data.maxBadShare",
      ]
    `);
  });

  test('of synthetic test rows: refused until a person has confirmed them', async () => {
    const origin = { strategy: 'paraphrase', generator: 'g', settings: '0', seed: 1, prompt: '0', parents: [] };
    const drafts = [1, 2, 3].map((n) => ({
      messages: [
        { role: 'user', content: `draft ${n}` },
        { role: 'assistant', content: 'card' },
      ],
      id: '0123456789abcdef',
      promptId: '0123456789abcdef',
      origin: { ...origin, confirmedBy: 'nobody who was asked' },
    }));
    place.write('drafts.jsonl', jsonl(drafts));
    await place.json('data', 'add', 'drafts.jsonl', '--name', 'drafts', '--kind', 'sft');
    for (const uri of ['drafts.jsonl', 'drafts@v1']) {
      const { ok, problems } = await check(...set(`data.test.uri=${uri}`));
      expect([uri, ok, problems?.[0]?.path, problems?.[0]?.message]).toEqual([
        uri,
        false,
        'data.test.uri',
        expect.stringContaining('the test set holds a synthetic row that nobody has confirmed (line 1 of source 1)'),
      ]);
    }
    const confirmed = await place.json<{ ref: string }>(
      'data',
      'confirm',
      'drafts@v1',
      '--name',
      'read',
      '--why',
      'seen',
    );
    const { ok, problems } = await check(...set(`data.test.uri=${confirmed.ref}`));
    expect([confirmed.ref, ok, problems]).toEqual(['read@v1', true, []]);
  });

  test('of dates that do not parse: the lines that go to neither side', async () => {
    const rows = tickets('dates').map((row, i) => ({ ...row, at: i === 2 ? '3rd of May' : `2026-05-0${i + 1}` }));
    place.write('dates.jsonl', jsonl(rows));
    const sets = ['data.train.uri=dates.jsonl', 'data.test=null', 'data.split.time=at', 'data.split.from=2026-05-05'];
    const { notes, statistics } = await check(...set(...sets));
    expect(notes?.find((note) => note.includes('split'))).toBe(
      'training rows, split: 1 left out\n  line 3 of dates.jsonl: has a date in column "at" that cannot be read: expected ISO 8601, e.g. 2026-01-31T12:00:00Z',
    );
    expect(statistics?.train).toMatchObject({ in: 6, kept: 3, toTest: 2, removed: 1 });
  });

  test('of a model of a vendor: limits, price with its date, and how to give one', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({
      ...tickets('v')[0],
      message: `question ${i} ${i === 7 ? 'word '.repeat(70_000) : ''}`,
    }));
    place.write('long.jsonl', jsonl(rows));
    const on = (target: string, ...more: string[]): Promise<Checked> =>
      check('--target', target, ...set('data.train.uri=long.jsonl', ...more));
    const openai = await on('gpt-4.1-mini');
    expect(openai.notes?.find((note) => note.includes('tokens:'))).toMatch(
      /tokens: 1 left out\n {2}line 8 of long\.jsonl: 70\d\d\d tokens, most: 65536$/,
    );
    expect(openai.price?.checked).toMatch(/^20\d\d-\d\d/);
    expect(openai.estimate?.usd.high).toBeGreaterThan(0);
    const gemini = await on('gemini-2.5-flash');
    expect([gemini.ok, (gemini.estimate?.usd.high ?? 0) > (gemini.estimate?.usd.low ?? 0)]).toEqual([true, true]);
    expect((await on('gpt-99')).problems?.[0]?.message).toContain('nothing is known of the model gpt-99');
    expect((await on('gpt-4o')).problems).toMatchObject([
      {
        path: 'tune.price',
        message:
          'no price is known for gpt-4o: give tune.price: { training: … } in the recipe, in US dollars for a million tokens',
      },
    ]);
    const given = await on('gpt-4o', 'tune.price.training=1000');
    expect(given.estimate?.usd.low).toBeCloseTo((given.estimate?.billed.low ?? 0) / 1000, 6);
    place.write('few.jsonl', jsonl(tickets('few')));
    expect(
      (await check('--target', 'gpt-4.1-mini', ...set('data.train.uri=few.jsonl'))).problems?.[0]?.message,
    ).toMatch(/^gpt-4\.1-mini takes at least 10 training rows .*, and 6 are left$/);
  });
});
