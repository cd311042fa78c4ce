import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { IntakeTally, takeIn, type BadRow, type IntakeOrder } from '../../../data/intake.ts';
import { identify, type Row } from '../../../data/row.ts';
import type { SourceFile } from '../../../data/sources/source.ts';
import { failureOf } from '../support/failures.ts';
import { emptyFolder, folderWith } from '../support/folder.ts';

const order = (more: Partial<IntakeOrder> = {}): IntakeOrder => ({
  uris: [],
  format: 'auto',
  maxRowBytes: 1 << 20,
  ...more,
});
const fileAt = async (path: string): Promise<SourceFile> => ({
  path,
  bytes: (await stat(path)).size,
  container: 'jsonl',
});
const chat = {
  messages: [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: 'a' },
  ],
};

async function take(
  files: readonly SourceFile[],
  how = order(),
): Promise<{ rows: Row[]; bad: BadRow[]; tally: IntakeTally }> {
  const tally = new IntakeTally(
    files.map(({ path }) => path.split('/').at(-1) ?? ''),
    how,
    0.5,
  );
  const all = { rows: [] as Row[], bad: [] as BadRow[], tally };
  for await (const taken of takeIn(how, files)) {
    tally.add(taken);
    all.rows.push(...taken.rows);
    all.bad.push(...taken.bad);
  }
  return all;
}

async function filesOf(...texts: string[]): Promise<SourceFile[]> {
  const folder = folderWith(Object.fromEntries(texts.map((text, i) => [`f${i + 1}.jsonl`, text])));
  return Promise.all(texts.map((_, i) => fileAt(join(folder, `f${i + 1}.jsonl`))));
}

test('rows know their file and line, and have the id of what they say', async () => {
  const line = JSON.stringify(chat);
  const { rows, bad } = await take(await filesOf(`${line}\n\n${line}\n`, `{"no": 1}\n${line}`));
  expect(rows.map(({ source, line }) => `${source}:${line}`)).toEqual(['0:1', '0:3', '1:2']);
  expect(rows[0]?.id).toBe(identify({ messages: chat.messages as Row['messages'] }, 0, 1).id);
  expect(bad).toMatchObject([
    { source: 1, line: 1, row: { no: 1 }, reason: expect.stringContaining('fits no known shape') as string },
  ]);
});

test('whatever the lines, each that is not blank is a row or is put aside', async () => {
  const folder = emptyFolder();
  const line = fc.oneof(
    fc.constant(JSON.stringify(chat)),
    fc.json(),
    fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n]/g, '')),
    fc.constantFrom(
      '{"messages":[]}',
      '{"messages":null}',
      '{"text":"\\ud800"}',
      '[1]',
      'null',
      '{"prompt":1,"completion":{}}',
      `${'['.repeat(300)}${']'.repeat(300)}`,
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (lines) => {
      const path = join(folder, 'any.jsonl');
      writeFileSync(path, lines.join('\n'));
      const { rows, bad, tally } = await take([await fileAt(path)]);
      const written = lines.filter((text) => text.replace(/^\ufeff/, '').trim() !== '').length;
      // White space that JSON does not know is no blank line.
      expect(rows.length + bad.length).toBeGreaterThanOrEqual(written);
      expect(rows.length + bad.length).toBeLessThanOrEqual(lines.length);
      expect([tally.good, tally.bad]).toEqual([rows.length, bad.length]);
      const places = [...rows, ...bad].map(({ line }) => line);
      expect(new Set(places).size).toBe(places.length);
      for (const { reason } of bad) expect(reason).not.toBe('');
    }),
    { numRuns: 100 },
  );
});

test('that a person confirmed a synthetic row counts only in a dataset of the ledger', async () => {
  const origin = {
    strategy: 's',
    generator: 'g',
    settings: '0',
    seed: 1,
    prompt: '0',
    parents: [],
    confirmedBy: 'ann',
  };
  const row = JSON.stringify({ ...identify(chat as never, 0, 1), origin });
  const files = await filesOf(row, row);
  const { rows } = await take(files, order({ trusted: new Set([1]) }));
  expect(rows.map((one) => one.origin?.confirmedBy)).toEqual([undefined, 'ann']);
});

test('columns without a template can be looked at, and not be learned', async () => {
  const files = await filesOf('{"message": "q", "queue": "a"}');
  expect((await take(files)).bad).toHaveLength(1);
  const { rows } = await take(files, order({ loose: true, label: 'queue' }));
  expect(rows[0]?.messages).toEqual([
    { role: 'user', content: 'message: q' },
    { role: 'assistant', content: 'a' },
  ]);
});

test('a note names the first few bad rows of a file, and not a thousand files', async () => {
  const line = JSON.stringify(chat);
  const { tally } = await take(await filesOf(`${`${line}\n`.repeat(9)}${'{"x": 1}\n'.repeat(7)}`));
  expect(tally.notes).toEqual([
    expect.stringMatching(
      /^f1\.jsonl: 7 of 16 rows put aside; the first: line 10 fits no known shape.*; line 11 .*; line 14 .*; and 2 more$/,
    ) as string,
  ]);
  const names = Array.from({ length: 1000 }, (_, i) => `file-${i}`);
  const many = new IntakeTally(names, order(), 1);
  for (const source of names.keys()) many.add({ rows: [], bad: [{ source, line: 1, reason: 'is bad' }] });
  expect(many.notes).toHaveLength(11);
  expect(many.notes.at(-1)).toBe('and 990 more files have rows that are put aside');
});

test('too many bad rows in one file are an error with its first line, and so is a file without rows', async () => {
  const line = JSON.stringify(chat);
  const bad = await take(await filesOf(`${line}\n`, `${line}\n1\n2\n`));
  const failure = await failureOf(() => bad.tally.check());
  expect([failure.type, failure.message]).toEqual([
    'TooManyBadRows',
    expect.stringMatching(
      /^f2\.jsonl:2 .*\. 2 of 3 rows are bad, more than maxBadShare 0\.5 allows\. Mend the rows, or raise data\.maxBadShare$/,
    ),
  ]);
  const none = await failureOf(async () => (await take(await filesOf('\n'))).tally.check());
  expect([none.type, none.message]).toEqual([
    'EmptyData',
    'f1.jsonl has no rows: expected JSONL, one JSON object a line',
  ]);
});
