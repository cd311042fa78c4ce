import type { Insertable } from 'kysely';
import { digestOf } from '../../../artifacts/canonical.ts';
import type { Ledger } from '../../../artifacts/ledger/open.ts';
import type { Tables } from '../../../artifacts/ledger/schema.ts';
import { recipe } from './ledger.ts';

/** Moment of a made-up life: minutes after the beginning of a day of January 2026. */
export const at = (day: number, minute = 0): string => new Date(Date.UTC(2026, 0, day, 0, minute)).toISOString();

type Row<T extends keyof Tables> = Insertable<Tables[T]>;

/** Writes a made-up life of the line `triage` into a ledger, with times of one's own. */
export function lifeIn(ledger: Ledger, line = 'triage') {
  const named = { ...recipe, name: line };
  const insert = async <T extends keyof Tables>(into: T, row: Row<T>): Promise<void> => {
    await ledger.insertInto(into).values(row).execute();
  };
  const life = {
    run: (id: string, day: number, changed: Partial<Row<'runs'>> = {}) =>
      insert('runs', {
        id,
        pipeline: line,
        model: line,
        recipe_json: JSON.stringify(named),
        options_json: '{"refresh":[],"noCache":false}',
        workflow_id: id,
        temporal_run_id: null,
        status: 'completed',
        verdict: null,
        model_ref: null,
        error_json: null,
        started_by: 'anneal',
        started_at: at(day),
        ended_at: at(day, 30),
        waiting: null,
        kind: 'continuous',
        trigger: 'schedule:weekly',
        reason: null,
        period: null,
        ...changed,
      }),
    skip: (id: string, day: number, reason: string) => life.run(id, day, { status: 'skipped', reason }),
    facts: (run: string, step: string, facts: object) =>
      insert('executions', {
        id: `${run}/${step}`,
        run_id: run,
        instance: step,
        step,
        step_version: '1',
        cache_key: null,
        parts_json: null,
        status: 'completed',
        attempt: 1,
        cached_from: null,
        reason: null,
        worker: 'w',
        job_json: null,
        progress_json: null,
        metrics_json: '{}',
        facts_json: JSON.stringify(facts),
        cost_json: '{}',
        error_json: null,
        started_at: at(1),
        ended_at: at(1),
      }),
    version: (version: number, run: string, day: number, verdict = 'promote') =>
      insert('versions', {
        name: line,
        version,
        digest: digestOf(`${line} ${version}`),
        run_id: run,
        execution_id: run,
        verdict,
        card: digestOf('card'),
        created_at: at(day, 20),
      }),
    audit: (day: number, changed: Partial<Row<'audit'>> & Pick<Row<'audit'>, 'action'>) =>
      insert('audit', {
        at: at(day, 20),
        actor: 'anneal',
        name: line,
        alias: null,
        from_version: null,
        to_version: null,
        why: 'because',
        run_id: null,
        ...changed,
      }),
    watermark: (generation: number, run: string, day: number, changed: Partial<Row<'watermarks'>> = {}) =>
      insert('watermarks', {
        line,
        generation,
        run_id: run,
        period: `p${generation}`,
        verdict: 'promote',
        outcome: 'accepted',
        counts_json: JSON.stringify({ new: 100, edited: 0, late: 0, kept: 0, withdrawn: 0, total: 100 * generation }),
        train: null,
        suite: null,
        model: null,
        depth: 0,
        at: at(day, 25),
        ...changed,
      }),
    /** A run that tuned a period: its verdict, version, watermark. */
    period: async (
      generation: number,
      day: number,
      verdict: 'promote' | 'reject' | 'inconclusive',
      more: { version: number; from?: number | null; depth?: number; gate?: object },
    ) => {
      const run = `run-${generation}`;
      const { version, from = null, depth = 0, gate } = more;
      const accepted = verdict === 'promote';
      await life.run(run, day, { verdict, model_ref: `${line}@v${version}`, period: `p${generation}` });
      if (gate) await life.facts(run, 'gate', { verdict, ...gate });
      await life.version(version, run, day, verdict);
      await life.audit(day, { action: 'version', to_version: version, run_id: run, why: `verdict ${verdict}` });
      if (accepted)
        await life.audit(day, {
          action: 'promote',
          alias: 'champion',
          from_version: from,
          to_version: version,
          run_id: run,
        });
      await life.watermark(generation, run, day, {
        verdict,
        outcome: accepted ? 'accepted' : verdict === 'reject' ? 'consumed' : 'kept',
        model: accepted ? digestOf(`${line} ${version}`) : null,
        depth,
      });
    },
    insert,
  };
  return life;
}
