import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace, type Place, type StatusJson } from '../support/cli.ts';

/** Kills at random moments; `ANNEAL_TEST_KILLS=20` for the long form. */
const KILLS = Number(process.env['ANNEAL_TEST_KILLS'] ?? 2);
/** And between any two lines of the step that chooses what is replayed, and of the one that moves alias and watermark. */
const POINTS = ['mix.', 'register.'];
const BACKFILL = [
  'backfill',
  'continuous.yaml',
  '--periods',
  'data/periods/period-1.jsonl',
  'data/periods/period-2.jsonl',
  'data/periods/period-3.jsonl',
  ...['tune.iterations=120', 'continuous.warmStart.iterations=60', 'continuous.forgetting.margin=0.3'].flatMap(
    (set) => ['--set', set],
  ),
];

/** What a replay leaves behind, without times (they stand in scores and reports, too) and the ids of runs. */
function leftBehind(place: Place): Record<string, unknown[]> {
  const ledger = new DatabaseSync(join(place.folder, '.anneal', 'ledger.db'), { readOnly: true });
  const all = (text: string): unknown[] => ledger.prepare(text).all();
  try {
    return {
      watermarks: all(
        'SELECT generation, period, verdict, outcome, counts_json, train, suite, model, depth FROM watermarks ORDER BY generation',
      ),
      consumed: all('SELECT hex(row) AS row, generation, state FROM consumed ORDER BY row'),
      slices: all('SELECT slice, generation, digest, n FROM slices ORDER BY slice'),
      matrix: all('SELECT model, slice, metric, n, mean FROM matrix ORDER BY metric, slice, model'),
      aliases: all('SELECT name, alias, version FROM aliases'),
      versions: all('SELECT name, version, digest, verdict FROM versions ORDER BY version'),
      audit: all('SELECT action, name, alias, from_version, to_version FROM audit ORDER BY id'),
      looks: all('SELECT number, test, candidate, champion FROM looks ORDER BY number'),
      steps: all(
        "SELECT substr(id, instr(id, '.') + 1) AS step, status, json_remove(facts_json, '$.answersReused') AS facts FROM executions WHERE step != 'tune' ORDER BY step",
      ),
      outputs: all(
        "SELECT substr(execution_id, instr(execution_id, '.') + 1) AS step, role, digest FROM edges WHERE direction = 'out' AND role NOT IN ('card', 'scores', 'candidateTimings', 'championTimings') AND role NOT LIKE '%report%' ORDER BY step, role",
      ),
    };
  } finally {
    ledger.close();
  }
}

const died = mkdtempSync(join(tmpdir(), 'anneal-died-'));
afterAll(() => rmSync(died, { recursive: true, force: true }));

function prepare(env: Record<string, string> = {}): Place {
  const place = makePlace(env);
  for (const part of ['base', 'data', 'continuous.yaml'])
    cpSync(join(root, 'examples', 'support-triage', part), join(place.folder, part), { recursive: true });
  return place;
}

const calm = prepare();
const disturbed = prepare({ ANNEAL_FAILPOINT: `${POINTS.join(',')}:${died}` });

test.skipIf(noTrainer)(
  `a replay through ${KILLS} kills of worker and server at random, and one at every point of replay and promotion, ends as one that nobody disturbed`,
  async () => {
    const quiet = calm.start(...BACKFILL, '--json');
    const running = disturbed.start(...BACKFILL, '--json');
    let isOver = false;
    void running.ended.then(() => (isOver = true));
    let killed = 0;
    // Moments that are different in every run: chance finds what nobody thought of.
    const between = (120_000 / KILLS) * 1.5;
    for (; killed < KILLS && !isOver;) {
      await sleep(2000 + Math.random() * Math.max(1000, between - 2000));
      const { temporal, workers } = await disturbed.json<StatusJson>('status');
      const pid = killed % 2 === 0 ? workers[0]?.pid : temporal?.pid;
      if (pid === undefined || pid === null) continue;
      process.kill(pid, 'SIGKILL');
      killed += 1;
    }
    const [one, other] = await Promise.all([quiet.ended, running.ended]);
    expect([one.code, other.code], other.stderr).toEqual([0, 0]);
    expect(killed).toBeGreaterThan(0);
    expect(readdirSync(died).toSorted()).toEqual(
      POINTS.flatMap((point) => ['begun', 'recorded', 'stored'].map((when) => `${point}${when}`)),
    );
    const expected = leftBehind(calm);
    expect(expected['watermarks']).toHaveLength(3);
    expect(leftBehind(disturbed)).toEqual(expected);
  },
  900_000,
);
