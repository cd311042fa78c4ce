import { z } from 'zod';
import { registerVersion } from '../artifacts/ledger/models.ts';
import { noteAlias } from '../artifacts/note-alias.ts';
import type { SynthesisReport } from '../data/synthesis/report.ts';
import type { PreparedStatistics } from '../data/prepared.ts';
import { PeopleDecision } from './approval/people-decision.ts';
import type { EvalReport } from './evaluation/report.ts';
import type { GateVerdict } from './gate.ts';
import { openPeriod, PeriodParams } from './continuous/period.ts';
import { modelCard } from './model-card.ts';
import { defineStep, type Step } from './step/define.ts';
import type { Deps } from './step/deps.ts';

export const RegisterParams = z.strictObject({
  model: z.string(),
  alias: z.string(),
  description: z.string().optional(),
  /** Version of the champion that was compared; null: there was none. */
  champion: z.int().nullable(),
  /** Who started the run. */
  actor: z.string(),
  /** Present where people were asked. */
  approval: PeopleDecision.optional(),
  /** Present in a period of continuous tuning: its watermark moves with the alias, or neither does. */
  period: PeriodParams.optional(),
});
export type RegisterParams = z.infer<typeof RegisterParams>;

/**
 * Gives the candidate its version and card; moves the alias when the gate said so (or people did, where they
 * were asked) and the champion is still the one that was compared. Done on every run, since an alias may have moved meanwhile; doing it again
 * changes nothing. In a frozen line the version is registered and the alias stays: the facts say so.
 *
 * Inputs: `model`, `base`, `train`, `test`, `statistics`, `report`, `verdict`, `synthesis` where rows were made, and those of
 * {@link openPeriod} in a period of continuous tuning. Output: `card` (ModelCard).
 * Fails with `AliasMoved` when the champion is another by now.
 */
export function createRegister(deps: Deps): Step<RegisterParams> {
  return defineStep(deps, {
    name: 'register',
    version: '1',
    params: RegisterParams,
    always: true,
    run: async (context) => {
      const { model: name, alias, champion, description, actor, approval, period } = context.params;
      const read = async <T>(role: string): Promise<T> =>
        JSON.parse((await deps.store.read(context.input(role).digest)).toString('utf8')) as T;
      const verdict = await read<GateVerdict>('verdict');
      const text = modelCard({
        name,
        description,
        runId: context.run.id,
        model: context.input('model').digest,
        base: context.input('base').digest,
        baseFrom: String((await context.metaOf(context.input('base').digest))['from'] ?? 'unknown'),
        train: context.input('train').digest,
        test: context.input('test').digest,
        ...(context.inputs['statistics'] ? { statistics: await read<PreparedStatistics>('statistics') } : {}),
        ...(period ? { period } : {}),
        report: await read<EvalReport>('report'),
        verdict,
        ...(approval ? { approval } : {}),
        ...(context.inputs['synthesis'] ? { synthesis: await read<SynthesisReport>('synthesis') } : {}),
      });
      const card = await context.save('ModelCard', { text }, { model: context.input('model').digest });
      const isPromoted = approval ? approval.promote : verdict.verdict === 'promote';
      const reasons = verdict.reasons.slice(0, 2).join(' ');
      const why = approval ? `${approval.why}. Gate: ${verdict.verdict}. ${reasons}` : reasons;
      const closing = period && (await openPeriod(context, period, { verdict: verdict.verdict, approval }));
      const { version, isNew, moved, frozen } = await registerVersion(
        deps.ledger,
        {
          name,
          digest: context.input('model').digest,
          runId: context.run.id,
          executionId: context.executionId,
          verdict: verdict.verdict,
          card: card.digest,
          actor,
        },
        isPromoted ? { alias, expect: champion, why } : undefined,
        closing && ((tx, registered) => closing.close(tx, isPromoted && !registered.frozen)),
      );
      if (isPromoted && !frozen) {
        const unnoted = await noteAlias(deps, name, alias);
        if (unnoted !== undefined) await context.log('alias', unnoted);
      }
      const changed = isNew || moved || version.run_id === context.run.id;
      return {
        outputs: { card: changed ? card : { digest: version.card, type: 'ModelCard' } },
        facts: {
          model: `${name}@v${version.version}`,
          promoted: isPromoted && !frozen,
          ...(approval ? { people: [approval.decision, ...approval.by].join(' ') } : {}),
          ...(frozen ? { frozen: frozen.reason } : {}),
          ...(closing ? { period: period.period, rows: closing.outcomeOf(isPromoted && !frozen) } : {}),
        },
        ...(changed ? {} : { unchangedSince: version.execution_id }),
      };
    },
  });
}
