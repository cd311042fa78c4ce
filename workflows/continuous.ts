import { workflowInfo } from '@temporalio/workflow';
import { modelNameOf } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { RunRef, Verdict } from '../configs/refs.ts';
import { openBudget } from './budget.ts';
import { holdLine, releaseLine } from './leases.ts';
import { mirror } from './mirror.ts';
import { endWithError, tell, tellEnd } from './notices.ts';
import { arrivalsParams, enoughOrSkip, ingest } from './period/arriving.ts';
import { settingsOf, Skipped, type AtWork, type Period } from './period/at-work.ts';
import { mayTry, tryForHarm } from './period/drift.ts';
import { settle } from './period/settling.ts';
import { train } from './period/training.ts';
import { pick, ref } from './refs.ts';
import { askReanchor, closeRun, noteMissed, notePending, openRun, readLine, skipRun, steps } from './steps.ts';
import { tellStory } from './story.ts';

export interface ContinuousInput {
  /** Absent where Temporal names the workflow (schedules): the id is the workflow's, with the usual options. */
  run?: RunRef;
  /** Has `continuous`. */
  recipe: Recipe;
  /** Who started it, for the audit. */
  startedBy: string;
  /** What set it going: `cli`, `schedule:NAME`, `trigger:WHO`, `watch:NAME`, `backfill:RUN`. */
  trigger: string;
  /** Rows of this period, in place of data.train.uri. */
  data?: string[];
  /** A drift alarm: a trial comes first, and only harm is followed by a training. */
  drift?: { why: string };
  /** Only rows dated before `to`. */
  window?: { column: string; from: string; to: string };
  /** Trains from the base model again. */
  reanchor?: boolean;
  /** Tunes with fewer new rows than minNewRows. */
  force?: boolean;
  /** The backfill that holds the line for its periods. */
  holder?: string;
}

export interface ContinuousOutput {
  outcome: 'promoted' | 'rejected' | 'inconclusive' | 'unchanged' | 'skipped';
  verdict: Verdict | null;
  /** `name@vN` of what was registered, or of the champion that stays. */
  model: string | null;
  /** In a sentence. */
  reason: string;
  period: string | null;
}

/**
 * One period of continuous tuning:
 *
 * line free? → ingest → arrivals → enough? → trial? → prepare → synthesize? → suite → mix → tune from the champion →
 * evaluate → judge? → probe? → forgetting → gate → people? → register, with which the watermark moves
 *
 * Steps with a question mark are done where the recipe or the trigger asks for them. What stands against a training
 * (too few rows, another run, a freeze, a budget, no harm) ends the run as skipped, with the reason.
 */
export async function continuous(input: ContinuousInput): Promise<ContinuousOutput> {
  const { recipe, startedBy, trigger } = input;
  const { workflowId, runId: temporalRunId } = workflowInfo();
  const run = input.run ?? { id: workflowId, options: { refresh: [], noCache: false } };
  const { id, options } = run;
  const name = modelNameOf(recipe);
  const story = tellStory(`${recipe.name}: a period of ${name}`, { pipeline: recipe.name, model: name });
  await openRun({ id, recipe, options, workflowId, temporalRunId, startedBy, kind: 'continuous', trigger });
  // What the schedule did not take (an outage, a pause) gets its record as well.
  const schedule = /^schedule:(.+)$/.exec(trigger)?.[1];
  const missed = schedule === undefined ? undefined : noteMissed({ schedule });
  try {
    const ended = await period({ ...input, run, name, story });
    await missed;
    const { verdict, model, reason, period: about } = ended;
    await closeRun({
      id,
      status: 'completed',
      verdict,
      modelRef: model,
      reason,
      ...(about === null ? {} : { period: about }),
    });
    // An unchanged candidate is no news.
    if (verdict !== null && model !== null)
      await tellEnd({ run, recipe }, { verdict, model, isPromoted: ended.outcome === 'promoted', why: reason });
    await mirror({ run, recipe });
    return ended;
  } catch (error) {
    if (error instanceof Skipped) {
      const reason = error.message;
      story.skip(['period'], reason);
      await missed;
      const skips = await skipRun({ line: recipe.name, runId: id, reason });
      await tell({ run, recipe, kind: 'skipped', message: `skipped: ${reason}`, skips });
      return { outcome: 'skipped', verdict: null, model: null, reason, period: null };
    }
    await endWithError(error, { run, recipe });
    throw error;
  }
}

/** A period in a line that no other run is at work on. */
async function period(input: Period): Promise<ContinuousOutput> {
  const { run, recipe, trigger, story, holder } = input;
  const { overlap, priority } = settingsOf(recipe);
  const line = recipe.name;
  const what = `a period, ${trigger}`;
  const held = await holdLine({
    run,
    line,
    what,
    overlap,
    priority,
    story,
    ...(holder === undefined ? {} : { holder }),
  });
  if (!held.held) throw new Skipped(held.why);
  try {
    return await inLine(input);
  } finally {
    await releaseLine({ run, line });
  }
}

async function inLine(input: Period): Promise<ContinuousOutput> {
  const { run, recipe, name, story, drift, reanchor } = input;
  if (reanchor) await askReanchor({ line: recipe.name, why: `asked for by ${input.startedBy}` });
  const line = await readLine({ line: recipe.name, model: name });
  if (line.closed !== null) throw new Skipped(line.closed);
  const budget = openBudget({ run, recipe, story });
  const spent = await budget.left();
  if (spent !== null) throw new Skipped(`budget gone: ${spent}`);
  if (drift) await mayTry(input);

  const raw = await ingest(input);
  const arrived = await story.step('arrivals', () =>
    steps.arrivals({ run, params: arrivalsParams(input, line), inputs: pick(raw.outputs, 'train') }),
  );
  const fresh = ref(arrived, 'fresh');
  const at: AtWork = { ...input, line, base: ref(raw, 'base'), budget, arrivals: ref(arrived, 'arrivals') };
  const waiting = Number(arrived.facts['waiting']);
  const rows = waiting + Number(arrived.facts['kept']);
  const since = await notePending({ line: recipe.name, waiting: rows });
  if (drift) await tryForHarm(at, fresh);
  else enoughOrSkip(at, { waiting, rows, since });

  const trained = await train(at, rows === 0 ? undefined : { ...raw, outputs: { ...raw.outputs, train: fresh } });
  return settle(at, trained);
}
