import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TuneOrder } from '../../../../adapters/contracts.ts';
import { openAiKind } from '../../../../adapters/openai/kind.ts';
import { writeRemoteModel } from '../../../../adapters/remote/model-file.ts';
import { identify, type Content, type Row } from '../../../../data/row.ts';
import { failureOf } from '../../support/failures.ts';
import { emptyFolder } from '../../support/folder.ts';
import { settingsAt } from './support.ts';

beforeEach(() => vi.stubEnv('OPENAI_API_KEY', 'sk-planted-secret'));
afterEach(() => vi.unstubAllEnvs());

const chat = (i: number, answer = `answer ${i}`): Content => ({
  messages: [
    { role: 'user', content: `question ${i}` },
    { role: 'assistant', content: answer },
  ],
});
const pair = (i: number): Content => ({
  messages: [{ role: 'user', content: `question ${i}` }],
  chosen: [{ role: 'assistant', content: `good ${i}` }],
  rejected: [{ role: 'assistant', content: `bad ${i}` }],
});
const rows = (count: number, of: (i: number) => Content = chat): Row[] =>
  Array.from({ length: count }, (_, i) => identify(of(i), 0, i + 1));

interface Wanted {
  rows: Row[];
  base?: string;
  start?: object;
  openai?: object;
  tune?: object;
  baseUrl?: string;
  maxBadShare?: number;
}

async function order({
  rows: given,
  base = 'gpt-4.1-mini',
  openai,
  tune,
  baseUrl,
  maxBadShare,
  start,
}: Wanted): Promise<TuneOrder> {
  const folder = emptyFolder();
  const settings = { ...settingsAt(baseUrl, openai, tune), ...(maxBadShare === undefined ? {} : { maxBadShare }) };
  const model = openAiKind.baseOf(base, settings);
  await writeRemoteModel(join(folder, 'base'), model);
  if (start) await writeRemoteModel(join(folder, 'start'), { ...model, model: 'ft:earlier', ...start });
  const train = join(folder, 'train.jsonl');
  writeFileSync(train, given.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { base: join(folder, 'base'), train, settings, ...(start ? { start: join(folder, 'start') } : {}) };
}

async function check(wanted: Wanted): Promise<void> {
  const ordered = await order(wanted);
  await (await openAiKind.open(ordered.settings)).check(ordered);
}
const refusal = async (wanted: Wanted): Promise<string> => {
  const { type, message } = await failureOf(check(wanted));
  return `${type}: ${message}`;
};

test('rows as they should be are taken, pairs for preference too', async () => {
  await expect(check({ rows: rows(12) })).resolves.toBeUndefined();
  await expect(check({ rows: rows(12, pair), tune: { objective: 'preference' } })).resolves.toBeUndefined();
});

test('a row of the wrong kind is named, with what to do', async () => {
  expect(await refusal({ rows: rows(12, pair) })).toMatchInlineSnapshot(
    `"BadData: row 1 (source 0 line 1) is a preference pair: set tune.objective to preference, or bring rows of messages. 12 of 12 rows are like that"`,
  );
  expect(await refusal({ rows: rows(12), tune: { objective: 'preference' } })).toMatchInlineSnapshot(
    `"BadData: row 1 (source 0 line 1) has no better and worse answer: preference needs both (chosen and rejected), or set tune.objective to sft. 12 of 12 rows are like that"`,
  );
});

test('a few bad rows are borne, up to data.maxBadShare', async () => {
  const mixed = [...rows(19), ...rows(1, pair)];
  await check({ rows: mixed, maxBadShare: 0.05 });
  expect(await refusal({ rows: [...rows(18), ...rows(2, pair)], maxBadShare: 0.05 })).toMatchInlineSnapshot(
    `"BadData: row 19 (source 0 line 1) is a preference pair: set tune.objective to preference, or bring rows of messages. 2 of 20 rows are like that, more than data.maxBadShare 0.05 allows"`,
  );
});

test('a method that the model cannot be tuned by is refused before anything is sent', async () => {
  expect(
    await refusal({ rows: rows(12, pair), base: 'gpt-4o-mini', tune: { objective: 'preference' } }),
  ).toMatchInlineSnapshot(
    `"BadMethod: gpt-4o-mini can be tuned by sft alone (OpenAI, 2026-11-25), and tune.objective is preference: change one of both"`,
  );
});

test('a model of another vendor', async () => {
  expect(await refusal({ rows: rows(12), base: 'gemini-2.5-flash' })).toMatchInlineSnapshot(
    `"NoModel: gemini-2.5-flash is Google's, and api.openai.com does not tune it: set tune.provider to vertex, or give model.for.openai"`,
  );
});

test('too few rows, counted without those held out', async () => {
  expect(await refusal({ rows: rows(9) })).toMatchInlineSnapshot(
    `"TooFewRows: gpt-4.1-mini takes at least 10 training rows (OpenAI, 2026-11-25), and 9 are left: bring more rows"`,
  );
  await check({ rows: rows(9), base: 'org/own', baseUrl: 'http://localhost:1/v1' });
});

test('a row that is longer than the model reads', async () => {
  const long = identify(chat(0, 'word '.repeat(70_000)), 0, 12);
  const given = rows(20);
  given[11] = long;
  expect(await refusal({ rows: given })).toMatchInlineSnapshot(
    `"BadData: row 12 (source 0 line 12) has 70,015 tokens, more than the 65,536 that the model reads; its end would be cut off: shorten it, or leave it out"`,
  );
  await check({ rows: given, maxBadShare: 0.05 });
});

test('a share held out that leaves nothing', async () => {
  expect(await refusal({ rows: rows(2), base: 'm', openai: { validation: 0.0001 } })).toMatchInlineSnapshot(
    `"BadData: holding out 0.0001 of 2 rows leaves none to choose by: change tune.openai.validation (or tune.choose.dev), or bring more rows"`,
  );
});

test('an earlier model of another base, or of another server, is not gone on from', async () => {
  await check({ rows: rows(12), start: {} });
  expect(await refusal({ rows: rows(12), start: { base: 'gpt-4.1' } })).toMatchInlineSnapshot(
    `"StartMismatch: The model to start from has the base gpt-4.1, this training gpt-4.1-mini; set model.for.openai to gpt-4.1, or train from the base model."`,
  );
  expect(await refusal({ rows: rows(12), start: { baseUrl: 'https://x.example/v1' } })).toMatchInlineSnapshot(
    `"StartMismatch: The model to start from lies at https://x.example/v1, this training asks https://api.openai.com/v1; set tune.openai.baseUrl to https://x.example/v1, or train from the base model."`,
  );
  expect(await refusal({ rows: rows(12), start: { provider: 'vertex' } })).toMatchInlineSnapshot(
    `"StartMismatch: The model to start from was tuned by vertex, which api.openai.com cannot go on from; tune with vertex, or train from the base model."`,
  );
});

test('a missing key stops before rows are looked at', async () => {
  vi.stubEnv('OPENAI_API_KEY', '');
  expect(await refusal({ rows: [] })).toMatch(/^NoApiKey: the environment variable OPENAI_API_KEY/);
});

test('what will be billed is every row in every epoch, without those held out; both answers of a pair', async () => {
  const tokens = async (wanted: Wanted): Promise<number> => {
    const ordered = await order(wanted);
    return (await (await openAiKind.open(ordered.settings)).tokens?.(ordered)) ?? 0;
  };
  const once = await tokens({ rows: rows(100), openai: { epochs: 1 } });
  expect(once).toBeGreaterThan(1000);
  expect(await tokens({ rows: rows(100), openai: { epochs: 4 } })).toBe(4 * once);
  // OpenAI's own choice for a hundred rows is three epochs.
  expect(await tokens({ rows: rows(100) })).toBe(3 * once);
  const held = await tokens({ rows: rows(100), openai: { epochs: 1, validation: 0.5 } });
  expect(held / once).toBeGreaterThan(0.3);
  expect(held / once).toBeLessThan(0.7);
  expect(
    await tokens({ rows: rows(10, pair), openai: { epochs: 1 }, tune: { objective: 'preference' } }),
  ).toBeGreaterThan(1.5 * (await tokens({ rows: rows(10), openai: { epochs: 1 } })));
});
