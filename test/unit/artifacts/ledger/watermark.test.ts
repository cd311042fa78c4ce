import { beforeEach, describe, expect, test } from 'vitest';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { listSlices } from '../../../../artifacts/ledger/suite.ts';
import {
  advance,
  droppedRows,
  knownRows,
  lineState,
  notePending,
  rowsUnderKeys,
  setReanchor,
  skipRun,
  withdrawnRows,
  type Advance,
} from '../../../../artifacts/ledger/watermark.ts';
import { newLedger } from '../../support/ledger.ts';

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
});

const id = (n: number): string => n.toString(16).padStart(16, '0');
const counts = { new: 0, edited: 0, late: 0, kept: 0, withdrawn: 0 };

function verdict(changed: Partial<Advance> = {}): Advance {
  return {
    line: 'l',
    expect: 0,
    runId: 'r1',
    period: 'p1',
    verdict: 'promote',
    outcome: 'accepted',
    counts,
    until: null,
    rows: [1, 2, 3].map((n) => ({ id: id(n), state: 'new' })),
    train: 'sha256:t1',
    suite: 'sha256:s1',
    model: 'sha256:m1',
    depth: 0,
    slice: { digest: 'sha256:x1', n: 5 },
    ...changed,
  };
}
const move = (changed?: Partial<Advance>) => ledger.transaction().execute((tx) => advance(tx, verdict(changed)));

describe('a watermark', () => {
  test('moves by one verdict, with rows, slice and suite', async () => {
    expect(await move()).toEqual({ generation: 1, isNew: true });
    expect(await lineState(ledger, 'l')).toMatchObject({
      generation: 1,
      total: 3,
      suite: 'sha256:s1',
      depth: 0,
      accepted: [{ period: 'p1', train: 'sha256:t1' }],
    });
    expect(await knownRows(ledger, 'l', [id(1), id(9)])).toEqual(new Map([[id(1), { state: 'c', generation: 1 }]]));
    expect((await listSlices(ledger, 'l')).map(({ slice, n }) => [slice, n])).toEqual([['p1', 5]]);
  });

  test('moved again by the same run stays where it is', async () => {
    await move();
    expect(await move({ rows: [{ id: id(7), state: 'new' }] })).toEqual({ generation: 1, isNew: false });
    expect((await lineState(ledger, 'l')).total).toBe(3);
  });

  test('is not moved by a run that began before another moved it', async () => {
    await move();
    await expect(move({ runId: 'r2', rows: [{ id: id(7), state: 'new' }] })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TerminalError: the watermark of l stands at 1, moved by run r1, not at 0 where this run began: nothing was used up; run it again]`,
    );
    expect(await knownRows(ledger, 'l', [id(7)])).toEqual(new Map());
  });

  test('of one line says nothing of another', async () => {
    await move();
    expect(await lineState(ledger, 'other')).toMatchObject({ generation: 0, total: 0, suite: null });
    expect(await knownRows(ledger, 'other', [id(1)])).toEqual(new Map());
  });

  test('keeps rows of a verdict that used none, and uses them with the next', async () => {
    await move({ outcome: 'kept', verdict: 'inconclusive' });
    expect(await knownRows(ledger, 'l', [id(1)])).toEqual(new Map([[id(1), { state: 'k', generation: 1 }]]));
    expect((await lineState(ledger, 'l')).suite).toBeNull();
    await move({
      expect: 1,
      runId: 'r2',
      period: 'p2',
      rows: [
        { id: id(1), state: 'kept' },
        { id: id(4), state: 'new' },
      ],
    });
    expect(await knownRows(ledger, 'l', [id(1)])).toEqual(new Map([[id(1), { state: 'c', generation: 2 }]]));
    expect((await lineState(ledger, 'l')).total).toBe(4);
  });

  test('drops an edited row once its successor is used, and not while it is only tried', async () => {
    await move({ rows: [{ id: id(1), key: 'a', state: 'new' }] });
    expect(await rowsUnderKeys(ledger, 'l', ['a', 'b'])).toEqual(new Map([['a', [id(1)]]]));
    const edited = { id: id(2), key: 'a', state: 'edited', replaces: [id(1)] } as const;
    await move({ expect: 1, runId: 'r2', period: 'p2', outcome: 'kept', rows: [{ ...edited, replaces: [id(1)] }] });
    expect(await droppedRows(ledger, 'l')).toEqual(new Set());
    await move({ expect: 2, runId: 'r3', period: 'p3', rows: [{ ...edited, state: 'kept', replaces: [id(1)] }] });
    expect(await droppedRows(ledger, 'l')).toEqual(new Set([id(1)]));
    expect(await rowsUnderKeys(ledger, 'l', ['a'])).toEqual(new Map([['a', [id(2)]]]));
    expect((await lineState(ledger, 'l')).total).toBe(1);
  });

  test('finds what a source that holds all valid rows no longer has', async () => {
    await move();
    expect(await withdrawnRows(ledger, 'l', new Set([id(1), id(3), id(8)]))).toEqual([id(2)]);
    await move({ expect: 1, runId: 'r2', period: 'p2', rows: [{ id: id(2), state: 'withdrawn' }] });
    expect(await withdrawnRows(ledger, 'l', new Set([id(1), id(3)]))).toEqual([]);
    expect(await droppedRows(ledger, 'l')).toEqual(new Set([id(2)]));
  });

  test('remembers the newest date, whatever comes late', async () => {
    await move({ until: '2026-03-01T00:00:00.000Z' });
    await move({ expect: 1, runId: 'r2', period: 'p2', rows: [], until: '2026-01-01T00:00:00.000Z' });
    expect((await lineState(ledger, 'l')).until).toBe('2026-03-01T00:00:00.000Z');
  });
});

describe('a line', () => {
  test('remembers since when rows wait, until a verdict', async () => {
    const since = await notePending(ledger, 'l', 5);
    expect(await notePending(ledger, 'l', 8)).toBe(since);
    await move();
    expect((await lineState(ledger, 'l')).pendingSince).toBeNull();
  });

  test('counts skips in a row, each run once', async () => {
    const run = (runId: string) =>
      ledger
        .insertInto('runs')
        .values({
          id: runId,
          pipeline: 'l',
          model: 'l',
          recipe_json: '{}',
          options_json: '{}',
          workflow_id: runId,
          temporal_run_id: null,
          status: 'running',
          verdict: null,
          model_ref: null,
          error_json: null,
          started_by: 'x',
          started_at: '2026-01-01',
          ended_at: null,
          waiting: null,
          kind: 'continuous',
          trigger: 'cli',
          reason: null,
          period: null,
        })
        .execute();
    await run('a');
    await run('b');
    expect(await skipRun(ledger, { line: 'l', runId: 'a', reason: 'too few' })).toBe(1);
    expect(await skipRun(ledger, { line: 'l', runId: 'a', reason: 'too few' })).toBe(1);
    expect(await skipRun(ledger, { line: 'l', runId: 'b', reason: 'too few' })).toBe(2);
    await move();
    expect((await lineState(ledger, 'l')).skips).toBe(0);
  });

  test('forgets that a person asked for the base model once a training from it was accepted', async () => {
    await setReanchor(ledger, 'l', 'asked');
    await move({ depth: 3 });
    expect((await lineState(ledger, 'l')).reanchor).toBe('asked');
    await move({ expect: 1, runId: 'r2', period: 'p2', rows: [] });
    expect((await lineState(ledger, 'l')).reanchor).toBeNull();
  });
});
