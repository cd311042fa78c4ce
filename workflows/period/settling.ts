import type { Start } from '../../activities/continuous/line-record.ts';
import type { StepResult } from '../../configs/refs.ts';
import type { ContinuousOutput } from '../continuous.ts';
import { decideWithPeople } from '../deciding.ts';
import { purseOf } from '../lifecycle.ts';
import { askPeople } from '../people.ts';
import { pick } from '../refs.ts';
import { findChampion, setWaiting, steps } from '../steps.ts';
import { errorOf } from '../story.ts';
import { weigh } from '../weigh.ts';
import { settingsOf, type AtWork } from './at-work.ts';
import type { Trained } from './training.ts';

/** Evaluations against a champion that keeps moving, before the run gives up. */
const MAX_ROUNDS = 5;

/** evaluate → judge? → probe? → forgetting → gate → people? → register, with which the watermark moves. */
export async function settle(at: AtWork, trained: Trained): Promise<ContinuousOutput> {
  const { run, recipe, name, startedBy, story, line, base, arrivals } = at;
  const { period: about, candidate, start, suite, train, made } = trained;
  const alias = recipe.register.alias;
  const closing = {
    params: {
      line: recipe.name,
      generation: line.generation,
      period: about,
      onReject: settingsOf(recipe).onReject,
      onInconclusive: settingsOf(recipe).onInconclusive,
      depth: start.depth,
    },
    inputs: { arrivals, suite, ...pick(made, 'fresh', 'slice') },
  };

  const { onInconclusive, gather } = recipe.gate;
  const asksPeople = onInconclusive === 'gather' && gather.what === 'labels';
  const people = asksPeople ? askPeople(run.id, (why) => setWaiting({ runId: run.id, why })) : undefined;
  const purse = purseOf(recipe.evaluate.limits ?? {}, { run, story });
  for (let round = 1; ; round += 1) {
    const again = (step: string): { instance: string } => ({ instance: round === 1 ? step : `${step}#${round}` });
    const champion = await findChampion({ name, alias });
    if (champion?.ref.digest === candidate.digest) {
      await story.step('watermark', () =>
        steps.moveWatermark({ run, params: closing.params, inputs: { ...closing.inputs, model: candidate } }),
      );
      const model = `${name}@v${champion.version}`;
      return {
        outcome: 'unchanged',
        verdict: null,
        model,
        reason: `the candidate is the champion ${model}: nothing changed`,
        period: about,
      };
    }
    const { verdict, refs } = await weigh({
      run,
      recipe,
      test: suite,
      candidate,
      champion: champion?.ref ?? base,
      base,
      named: (step) => again(step).instance,
      story,
      purse,
      line: { name: recipe.name, generation: line.generation },
      ...(people ? { people } : {}),
    });
    const decided = await decideWithPeople({
      run,
      recipe,
      round,
      verdict,
      candidate,
      champion,
      base,
      test: suite,
      refs,
      startedBy,
      story,
    });
    if (decided.again && round < MAX_ROUNDS) continue;
    try {
      const registered = await story.step('register', () =>
        steps.register({
          run,
          ...again('register'),
          params: {
            model: name,
            alias,
            description: recipe.description,
            champion: champion?.version ?? null,
            actor: startedBy,
            ...(decided.approval ? { approval: decided.approval } : {}),
            period: closing.params,
          },
          inputs: {
            model: candidate,
            base,
            ...refs,
            ...closing.inputs,
            train,
            test: suite,
            ...pick(made, 'statistics', 'synthesis'),
          },
        }),
      );
      story.verdict(verdict);
      const model = String(registered.facts['model']);
      const isPromoted = registered.facts['promoted'] === true;
      const isRejected = verdict === 'reject' || decided.approval?.decision === 'rejected';
      const outcome = isPromoted ? 'promoted' : isRejected ? 'rejected' : 'inconclusive';
      const reason = endInWords(registered, start, decided.why);
      return { outcome, verdict, model, reason, period: about };
    } catch (error) {
      // Another run promoted meanwhile: what was compared is no longer what would be replaced.
      if (errorOf(error).type !== 'AliasMoved' || round === MAX_ROUNDS) throw error;
    }
  }
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
