import { expect, test, vi } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineText } from '../../../cli/line.ts';
import { evenly } from '../../../configs/evenly.ts';
import { noteScores } from '../../../artifacts/ledger/suite.ts';
import { digestOf } from '../../../artifacts/canonical.ts';
import { lineOfTexts, sampleLine } from '../../support/sample-line.ts';
import { at, lifeIn } from '../support/life.ts';
import { newPlace } from '../support/place.ts';

// Each command is a process of its own.
vi.setConfig({ testTimeout: 60_000 });

test('a short line is shown with intervals, and can be read without colours', () => {
  expect(lineText(sampleLine(4), 120)).toMatchInlineSnapshot(`
    "support-triage by exactMatch: 4 periods (3 promoted, 1 rejected), 4 runs skipped

    model × slice: mean in % (95 % interval), from ▁ 28.7 to █ 86.3; * is the champion
    model                period  verdict  depth  p1                  p2                  p3
                                                 n 80                n 80                n 80
    base model                                   ▁ 28.7 (20.0–39.5)  ·                   ·
    support-triage@v1    p1      promote  1      ▆ 65.0 (54.1–74.5)  ·                   ·
    support-triage@v2    p2      promote  2      ▆ 66.3 (55.4–75.7)  ▆ 70.0 (59.2–78.9)  ·
    support-triage@v3 *  p3      promote  3      ▇ 76.3 (65.9–84.2)  █ 86.3 (77.0–92.1)  █ 80.0 (70.0–87.3)
    support-triage@v4    p4      reject          ▄ 55.0 (44.1–65.4)  ▅ 63.7 (52.8–73.4)  ▅ 58.8 (47.8–68.9)

    the champion's mean over its slices: p1 65.0 ▁▂██ p4 80.8

    period  date        verdict  rows               outcome   depth  champion           mean  skipped before                 run
    p1      2026-01-12  promote  381 new, 1 edited  accepted  1      support-triage@v1  65.0                                 support-triage-2026-1
    p2      2026-01-19  promote  440 new, 2 edited  accepted  2      support-triage@v2  68.1                                 support-triage-2026-2
    p3      2026-01-26  promote  458 new            accepted  3      support-triage@v3  80.8                                 support-triage-2026-3
    p4      2026-02-02  reject   436 new, 1 edited  consumed         support-triage@v3  80.8  2 too few new rows, 1 overlap  support-triage-2026-4

    since then 1 run was skipped: 1 too few new rows"
  `);
});

test('a long line shows the first, the last and some between, the champion among them, within the width', () => {
  const text = lineText(sampleLine(520), 100);
  const lines = text.split('\n');
  const table = lines.slice(2, lines.indexOf('', 3));
  expect(Math.max(...table.slice(1, -1).map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(table).toHaveLength(1 + 2 + 40 + 1);
  expect(table.at(-1)).toMatch(/^\(\d of 347 slices and 40 of 521 models are shown: first, last and evenly between;/);
  expect(table.slice(1).filter((line) => line.includes(' * '))).toHaveLength(1);
  expect(text).toContain('(40 of 520 periods: first, last and evenly between)');
});

test('text of others does not reach the terminal as control characters', () => {
  const text = lineText(lineOfTexts('p\u001b[2J\u202e1\nx'), 120);
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('of a list the first, the last, evenly between, and the one that has to be kept', () => {
  const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(evenly(ten, 10)).toEqual(ten);
  expect(evenly(ten, 4)).toEqual([0, 3, 6, 9]);
  expect(evenly(ten, 4, (one) => one === 7)).toEqual([0, 3, 7, 9]);
  expect(evenly(ten, 4, (one) => one === 3)).toEqual([0, 3, 6, 9]);
  expect(evenly(ten, 2)).toEqual([0, 9]);
  expect(evenly(ten, 1)).toEqual([9]);
  expect(evenly([], 3)).toEqual([]);
});

test('the command prints the line, as JSON, and writes its page', async () => {
  const { ledger, anneal, json, folder } = await newPlace();
  const life = lifeIn(ledger);
  await life.period(1, 2, 'promote', { version: 1 });
  await life.insert('slices', { line: 'triage', slice: 'p1', generation: 1, digest: digestOf('x'), n: 2, at: at(2) });
  await noteScores(ledger, { line: 'triage', metric: 'exactMatch', runId: 'run-1', worst: 0 }, [
    { model: digestOf('triage 1'), slice: 'p1', scores: Float64Array.from([1, 0]) },
  ]);
  const { stdout, status } = await anneal('line', 'triage', '--html', 'out/line.html');
  expect(status).toBe(0);
  expect(stdout).toContain('triage by exactMatch: 1 period (1 promoted)');
  expect(readFileSync(join(folder, 'out', 'line.html'), 'utf8')).toContain('<title>triage – line of continuous tuning');
  expect(await json('line', 'triage')).toMatchObject({
    line: 'triage',
    metric: 'exactMatch',
    models: [{ model: 'triage@v1', period: 'p1', cells: [{ slice: 'p1', n: 2, mean: 0.5 }] }],
    periods: [{ period: 'p1', run: 'run-1', verdict: 'promote', outcome: 'accepted', counts: { new: 100 } }],
    baseline: null,
  });
  expect(await anneal('line', 'other')).toMatchObject({
    status: 2,
    stderr: 'error: there is no line "other": there is triage\n',
  });
  expect((await anneal('line', 'triage', '--metric', 'bleu')).stderr).toContain('there is exactMatch');
});
