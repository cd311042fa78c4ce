import { TypedSearchAttributes } from '@temporalio/common';
import type { Promotion } from '../artifacts/ledger/resting.ts';
import { findRun, openRun } from '../artifacts/ledger/runs.ts';
import type { RunRow } from '../artifacts/ledger/schema.ts';
import { hexOf } from '../artifacts/canonical.ts';
import { QUEUES } from '../configs/presets.ts';
import { withoutJudges } from '../configs/without-judges.ts';
import type { Recipe } from '../configs/recipe.ts';
import { RunOptions } from '../configs/refs.ts';
import { SEARCH_ATTRIBUTES } from '../configs/search-attributes.ts';
import { ensureUp } from '../worker/local.ts';
import type { reconsider } from '../workflows/reconsider.ts';
import { tell } from './output.ts';
import { actor, type State } from './state.ts';
import { withClient } from './temporal.ts';
import { watchRun } from './watch.ts';

/** A promotion with the run that looks at it again. */
export interface Reopening {
  promotion: Promotion;
  run: string;
  /** Set when an earlier call had started it already. */
  isOld: boolean;
}

/** A digest's beginning that tells judges of one ledger apart. */
const DIGITS = 8;
/** Times that one that failed is tried before a person has to look. */
const MOST_TRIES = 100;

/**
 * Starts the second look at each promotion, promoted model and the one it was compared with together; one that is
 * under way or has ended is not started again.
 */
export async function reopenPromotions(
  { home, ledger }: State,
  promotions: readonly Promotion[],
  judge: { digest: string; why: string },
): Promise<Reopening[]> {
  if (promotions.length === 0) return [];
  const at = await ensureUp(home, tell);
  return withClient(at, async (client) => {
    const started: Reopening[] = [];
    for (const promotion of promotions) {
      const { id, isOld } = await idFor(ledger, promotion, judge.digest);
      started.push({ promotion, run: id, isOld });
      if (isOld) continue;
      const old = (await findRun(ledger, promotion.run)) as RunRow;
      const recipe = JSON.parse(old.recipe_json) as Recipe;
      const options = RunOptions.parse({ rerun: { of: old.id } });
      const model = (digest: string): { digest: string; type: 'Model' } => ({ digest, type: 'Model' });
      const { name, version, judges } = promotion;
      const startedBy = actor();
      await client.workflow.start<typeof reconsider>('reconsider', {
        taskQueue: QUEUES.control,
        workflowId: id,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: `${promotion.model} again, without ${judges.join(', ')}`,
        typedSearchAttributes: new TypedSearchAttributes([
          { key: SEARCH_ATTRIBUTES.pipeline, value: recipe.name },
          { key: SEARCH_ATTRIBUTES.model, value: name },
        ]),
        args: [
          {
            run: { id, options },
            recipe,
            candidate: model(promotion.candidate),
            champion: model(promotion.champion),
            base: model(promotion.base),
            test: { digest: promotion.test, type: 'Dataset' },
            of: { run: old.id, name, version, judges, why: judge.why },
            startedBy,
          },
        ],
      });
      const left = withoutJudges(recipe, judges)?.recipe ?? recipe;
      await openRun(ledger, { id, recipe: left, options, workflowId: id, startedBy, kind: 'reconsider' });
    }
    return started;
  });
}

/** Follows runs to their ends, one after the other. */
export async function followReopenings(state: State, reopenings: readonly Reopening[]): Promise<RunRow[]> {
  const at = await ensureUp(state.home, tell);
  return withClient(at, async (client) => {
    const ended: RunRow[] = [];
    for (const { run } of reopenings) ended.push(await watchRun(state, client, run));
    return ended;
  });
}

/** The same look has the same id, whoever asks for it again; one that failed or was cancelled has a next one. */
async function idFor(
  ledger: State['ledger'],
  { name, version, run }: Promotion,
  judge: string,
): Promise<{ id: string; isOld: boolean }> {
  // A version may have been promoted more than once, each time by another run.
  const stem = `${name}-v${version}-without-${hexOf(judge).slice(0, DIGITS)}-${run.slice(-6)}`;
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const id = tries === 1 ? stem : `${stem}-${tries}`;
    const row = await ledger.selectFrom('runs').select('status').where('id', '=', id).executeTakeFirst();
    if (!row) return { id, isOld: false };
    if (row.status === 'running' || row.status === 'completed') return { id, isOld: true };
  }
  throw new Error(`${stem} was tried ${MOST_TRIES} times without an end`);
}
