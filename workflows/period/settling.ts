import type { Start } from '../../activities/continuous/line-record.ts';
import type { StepResult } from '../../configs/refs.ts';
import type { ContinuousOutput } from '../continuous.ts';
import { pick } from '../refs.ts';
import { contend } from '../rounds.ts';
import { steps } from '../steps.ts';
import { settingsOf, type AtWork } from './at-work.ts';
import type { Trained } from './training.ts';

/** A candidate is decided on, and the watermark moves with the verdict. */
export async function settle(at: AtWork, trained: Trained): Promise<ContinuousOutput> {
  const { run, recipe, startedBy, story, line, base, arrivals } = at;
  const { candidate, start, suite, train, made } = trained;
  const { onReject, onInconclusive } = settingsOf(recipe);
  const period = {
    line: recipe.name,
    generation: line.generation,
    period: trained.period,
    onReject,
    onInconclusive,
    depth: start.depth,
  };
  const ended = await contend({
    run,
    recipe,
    startedBy,
    story,
    candidate,
    base,
    test: suite,
    made: { arrivals, suite, train, ...made },
    line: { name: recipe.name, generation: line.generation },
    period,
  });
  if (ended.kind === 'unchanged') {
    const inputs = { arrivals, suite, ...pick(made, 'fresh', 'slice'), model: candidate };
    await story.step('watermark', () => steps.moveWatermark({ run, params: period, inputs }));
    const reason = `the candidate is the champion ${ended.model}: nothing changed`;
    return { outcome: 'unchanged', verdict: null, model: ended.model, reason, period: trained.period };
  }
  const { verdict, decided, registered } = ended;
  const isPromoted = registered.facts['promoted'] === true;
  const isRejected = verdict === 'reject' || decided.approval?.decision === 'rejected';
  return {
    outcome: isPromoted ? 'promoted' : isRejected ? 'rejected' : 'inconclusive',
    verdict,
    model: String(registered.facts['model']),
    reason: endInWords(registered, start, decided.why),
    period: trained.period,
  };
}

function endInWords({ facts }: StepResult, start: Start, people: string | null): string {
  const rows = { accepted: 'used', consumed: 'used up, and learned by no model', kept: 'kept for the next period' };
  return [
    ...(people === null ? [] : [people]),
    ...(facts['frozen'] === undefined ? [] : [`not promoted: frozen (${String(facts['frozen'])})`]),
    `trained ${start.model === null ? start.why : `by a ${start.why}`}`,
    `its rows are ${rows[String(facts['rows']) as keyof typeof rows]}`,
  ].join('; ');
}
