import { listExecutions } from '../../artifacts/ledger/executions.ts';
import { amendRecipe } from '../../configs/recipe-file.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { STEPS } from '../../configs/refs.ts';
import { UsageError } from '../command.ts';
import { tell } from '../output.ts';
import { checkRecipe } from '../recipes.ts';
import { defaultOptions, startRun, type StartFlags } from '../start.ts';
import { noState, readState, runOf } from '../state.ts';
import { stepNamed } from './run.ts';

interface Flags extends StartFlags {
  from?: string;
  set?: readonly string[];
}

/** The first step that reads each group of the recipe's fields, or a field of its own. */
const FIRST_READER: Record<string, string> = {
  data: 'ingest',
  'data.prepare': 'prepare',
  model: 'ingest',
  synthesize: 'synthesize',
  tune: 'tune',
  // How long a row is, and how long it may be.
  'tune.maxTokens': 'prepare',
  'tune.maskPrompt': 'prepare',
  evaluate: 'evaluate',
  gate: 'gate',
  register: 'register',
};

export async function rerun(flags: Flags, id: string): Promise<number> {
  const asked = flags.from === undefined ? undefined : stepNamed(flags.from);
  return readState(async (state) => {
    const old = await runOf(state.ledger, id);
    if (old.kind !== 'tune')
      throw new UsageError(
        old.kind === 'continuous'
          ? `${old.id} is a period of continuous tuning, whose rows are used once: \`anneal trigger ${old.pipeline}\` tunes on what is new`
          : `${old.id} is no run of \`anneal run\` (it is a ${old.kind}): start it again by its own command`,
      );
    const rows = await listExecutions(state.ledger, old.id);
    // Without --from: where the old run broke off. After a completed run the cache decides.
    const from = asked ?? rows.find(({ status }) => status === 'failed' || status === 'cancelled')?.step;
    refuseUnread(flags.set ?? [], from);
    const { recipe, report } = await checkRecipe(
      amendRecipe(JSON.parse(old.recipe_json) as Recipe, flags.set ?? []),
      state.home,
    );
    for (const note of report.notes) tell(`note: ${note}`);
    return startRun(
      state,
      recipe,
      defaultOptions({
        rerun: {
          of: old.id,
          ...(from === undefined ? {} : { from }),
          // Whoever names no step wants the work done, not paid for once more.
          ...(from === undefined || asked !== undefined ? {} : { goesOn: true }),
        },
      }),
      flags,
    );
  }, noState);
}

/** A setting that only a kept step reads would be changed without any effect. */
function refuseUnread(sets: readonly string[], from: string | undefined): void {
  if (from === undefined) return;
  const order: readonly string[] = STEPS;
  for (const set of sets) {
    const field = set.split('=')[0] ?? '';
    const [group = '', name = ''] = field.split('.');
    const reader = FIRST_READER[`${group}.${name}`] ?? FIRST_READER[group];
    if (reader !== undefined && order.indexOf(reader) < order.indexOf(from)) {
      throw new UsageError(
        `--set ${set}: ${reader} reads this field, and a rerun from ${from} keeps its outputs: use --from ${reader}`,
      );
    }
  }
}
