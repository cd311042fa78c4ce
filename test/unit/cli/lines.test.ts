import { expect, test, vi } from 'vitest';
import { newPlace } from '../support/place.ts';
import { lifeIn } from '../support/life.ts';

// Each command is a process of its own.
vi.setConfig({ testTimeout: 60_000 });

const gate = { reason: 'It is better. So.', metric: 'exactMatch', gain: 0.05, lower: 0.01, upper: 0.09, n: 80 };

async function shortLife() {
  const place = await newPlace();
  const life = lifeIn(place.ledger);
  await life.period(1, 2, 'promote', { version: 1, gate });
  await life.skip('skip-1', 3, 'too few new rows: 12 of 50');
  await life.skip('skip-2', 4, 'another run of the line\u001b[2J is at work');
  await lifeIn(place.ledger, 'other').run('other-1', 5, { trigger: 'cli', kind: 'tune' });
  return place;
}

test('runs are listed with kind, trigger, status and reason, of one line or of all', async () => {
  const { anneal, json } = await shortLife();
  const { stdout } = await anneal('runs');
  expect(stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).toMatchInlineSnapshot(`
    [
      "run | kind | trigger | status | verdict | model | time | started (UTC) | reason",
      "other-1 | tune | cli | completed | 30 min | 2026-01-05 00:00:00",
      "skip-2 | continuous | schedule:weekly | skipped | 30 min | 2026-01-04 00:00:00 | another run of the line is at work",
      "skip-1 | continuous | schedule:weekly | skipped | 30 min | 2026-01-03 00:00:00 | too few new rows: 12 of 50",
      "run-1 | continuous | schedule:weekly | completed | promote | triage@v1 | 30 min | 2026-01-02 00:00:00",
      "",
    ]
  `);
  const list = await json<{ runId: string }[]>('runs', '--line', 'triage', '--all');
  expect(list.map(({ runId }) => runId)).toEqual(['skip-2', 'skip-1', 'run-1']);
  expect(list[1]).toMatchObject({
    kind: 'continuous',
    trigger: 'schedule:weekly',
    status: 'skipped',
    reason: 'too few new rows: 12 of 50',
    period: null,
  });
  expect(await json<object[]>('runs', '--line', 'triage', '--limit', '1')).toHaveLength(1);
  expect(await anneal('runs', '--line', 'unknown')).toMatchObject({ status: 2 });
});

test('a skipped run is shown with its reason', async () => {
  const { anneal, json } = await shortLife();
  const { stdout, status } = await anneal('show', 'skip-1');
  expect(status).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "run skip-1 skipped in 30 min, set going by schedule:weekly
    reason   too few new rows: 12 of 50

    where to look
      anneal show skip-1 --json
    "
  `);
  expect(await json('show', 'skip-1')).toMatchObject({
    status: 'skipped',
    kind: 'continuous',
    trigger: 'schedule:weekly',
    reason: 'too few new rows: 12 of 50',
  });
  expect(await json('show', 'run-1')).toMatchObject({ period: 'p1', reason: 'It is better. So.' });
});

test('a history is told in lines, and as events', async () => {
  const { anneal, json } = await shortLife();
  expect((await anneal('history', 'triage')).stdout).toMatchInlineSnapshot(`
    "triage, 2026-01-02 to 2026-01-04: 1 promoted, 2 skipped
    2026-01-02 00:20  promoted  v1 is champion in p1 (100 new rows): gain +0.0500 (+0.0100 to +0.0900) on exactMatch, 80 rows
    2026-01-04 00:30  skipped   2 runs skipped: 1 too few new rows, 1 overlap
    "
  `);
  expect((await anneal('history', 'triage', '--limit', '1')).stdout).toContain('(1 earlier line: --limit 2)');
  const { name, events } = await json<{ name: string; events: { kind: string }[] }>('history', 'triage');
  expect([name, ...events.map(({ kind }) => kind)]).toEqual(['triage', 'version', 'promoted', 'skipped', 'skipped']);
  expect((await json<{ events: object[] }>('history', 'triage', '--limit', '2')).events).toHaveLength(2);
  expect(await anneal('history', 'unknown')).toMatchObject({ status: 2 });
  expect(await anneal('history', 'triage', '--limit', '0')).toMatchObject({ status: 2 });
});
