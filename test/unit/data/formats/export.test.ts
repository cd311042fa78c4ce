import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeRows, type ExportName } from '../../../../data/formats/export.ts';
import { identify, type Content, type Row } from '../../../../data/row.ts';
import { emptyFolder } from '../../support/folder.ts';

const said = (role: 'system' | 'user' | 'assistant', content: string) => ({ role, content });
const rowsOf = (...contents: Content[]): Row[] => contents.map((content, index) => identify(content, 0, index + 1));
const answered: Content = { messages: [said('user', 'Where?'), said('assistant', 'There.')] };

async function exported(rows: Row[], format: ExportName) {
  const folder = emptyFolder();
  const file = join(folder, 'rows.jsonl');
  const result = await writeRows(rows, format, file);
  expect(readdirSync(folder)).toEqual(['rows.jsonl']);
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return { ...result, lines: lines.map((line) => JSON.parse(line) as unknown) };
}

test('several turns go into the history of alpaca, and what it has no place for is counted with lines', async () => {
  const tools: Content['tools'] = [{ type: 'function', function: { name: 'look' } }];
  const rows = rowsOf(
    { messages: [said('system', 'Brief.'), ...answered.messages, ...answered.messages], columns: { ticket: 7 } },
    { ...answered, tools },
    { messages: [said('user', 'Where?')] },
    { ...answered, tools, weight: 2 },
  );
  expect(await exported(rows, 'alpaca')).toEqual({
    rows: 4,
    written: 3,
    lost: [
      { what: 'tools', rows: 2, firstLines: [2, 4] },
      { what: 'row weight', rows: 1, firstLines: [4] },
      { what: 'whole row: has no answer', rows: 1, firstLines: [3] },
    ],
    lines: [
      {
        system: 'Brief.',
        instruction: 'Where?',
        input: '',
        history: [['Where?', 'There.']],
        output: 'There.',
        ticket: 7,
      },
      { instruction: 'Where?', input: '', output: 'There.' },
      { instruction: 'Where?', input: '', output: 'There.' },
    ],
  });
});

test('a preference pair goes into the preference form of the vendor', async () => {
  const rows = rowsOf({
    messages: [said('system', 'Brief.'), said('user', 'Where?')],
    chosen: [said('assistant', 'There.')],
    rejected: [said('assistant', 'No.')],
  });
  const asked = { role: 'user', parts: [{ text: 'Where?' }] };
  expect((await exported(rows, 'vertex')).lines).toEqual([
    {
      system_instruction: { parts: [{ text: 'Brief.' }] },
      contents: [asked],
      completions: [
        { score: 1, completion: { role: 'model', parts: [{ text: 'There.' }] } },
        { score: 0, completion: { role: 'model', parts: [{ text: 'No.' }] } },
      ],
    },
  ]);
  expect((await exported(rows, 'openai')).lines).toEqual([
    {
      input: { messages: [said('system', 'Brief.'), said('user', 'Where?')] },
      preferred_output: [said('assistant', 'There.')],
      non_preferred_output: [said('assistant', 'No.')],
    },
  ]);
});

test('an answer that people disapproved of never becomes one to learn from', async () => {
  const rows = rowsOf(answered, {
    messages: [said('user', 'Who?'), said('assistant', 'Me.')],
    feedback: { good: false },
  });
  const { written, lost } = await exported(rows, 'openai');
  expect(written).toBe(1);
  expect(lost).toEqual([{ what: 'whole row: has an answer that was disapproved of', rows: 1, firstLines: [2] }]);
  expect((await exported(rows, 'trl')).lines[1]).toEqual({
    prompt: [said('user', 'Who?')],
    completion: [said('assistant', 'Me.')],
    label: false,
  });
});

test('calls without ids are numbered for openai, and that is said', async () => {
  const call = (name: string) => ({ type: 'function' as const, function: { name, arguments: '{}' } });
  const rows = rowsOf({
    messages: [
      said('user', 'Look'),
      { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
      { role: 'tool', name: 'b', content: '2' },
      { role: 'tool', name: 'a', content: '1' },
      said('assistant', 'Done.'),
    ],
  });
  const { lines, lost } = await exported(rows, 'openai');
  expect(lost.map(({ what }) => what)).toEqual(['absent tool call ids', 'name']);
  expect(lines).toMatchObject([
    {
      messages: [
        {},
        { tool_calls: [{ id: 'call_1' }, { id: 'call_2' }] },
        { tool_call_id: 'call_2' },
        { tool_call_id: 'call_1' },
        {},
      ],
    },
  ]);
});

test('rows of which none can be written are an error that says why, and leave no file', async () => {
  const folder = emptyFolder();
  const rows = rowsOf({ messages: [], document: { text: 'Long ago' } });
  await expect(writeRows(rows, 'alpaca', join(folder, 'a.jsonl'))).rejects.toThrow(
    'none of the 1 rows can be written as alpaca (1 × is a document); choose another --format: trl and parquet hold the most',
  );
  expect(readdirSync(folder)).toEqual([]);
});

test('a source of rows that fails leaves no half a file', async () => {
  const folder = emptyFolder();
  async function* broken(): AsyncGenerator<Row> {
    yield* rowsOf(answered);
    throw new Error('gone');
  }
  for (const format of ['openai', 'parquet'] as const)
    await expect(writeRows(broken(), format, join(folder, 'a'))).rejects.toThrow('gone');
  expect(readdirSync(folder)).toEqual([]);
});

test('no rows are an empty file', async () => {
  expect(await exported([], 'vertex')).toEqual({ rows: 0, written: 0, lost: [], lines: [] });
  const file = join(emptyFolder(), 'none.parquet');
  expect(await writeRows([], 'parquet', file)).toEqual({ rows: 0, written: 0, lost: [] });
  expect(readFileSync(file).subarray(0, 4).toString()).toBe('PAR1');
});
