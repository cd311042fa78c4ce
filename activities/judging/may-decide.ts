import { stateOfJudge, type JudgeState } from '../../artifacts/ledger/judges.ts';
import { metricsOfGate, type Gate } from '../../configs/gate.ts';
import type { Refs } from '../../configs/refs.ts';
import type { JudgeReport } from '../../evaluation/judges/report.ts';
import type { Deps } from '../step/deps.ts';

/** A judge on whose scores a gate decides. */
export interface DecidingJudge {
  name: string;
  digest: string;
  /** `waived`: the recipe lets it decide without calibration. */
  state: JudgeState | 'waived';
}

/** The judges that a gate decides on, with whether they may. */
export async function decidingJudges(
  { store, ledger }: Pick<Deps, 'store' | 'ledger'>,
  inputs: Refs,
  gate: Gate,
): Promise<DecidingJudge[]> {
  const ref = inputs['judging'];
  if (!ref) return [];
  const { judges } = JSON.parse((await store.read(ref.digest)).toString('utf8')) as JudgeReport;
  const named = new Set(metricsOfGate(gate).map(({ metric }) => metric));
  return Promise.all(
    Object.entries(judges)
      .filter(([name]) => named.has(name))
      .map(async ([name, { digest, calibration }]): Promise<DecidingJudge> => {
        const state = await stateOfJudge(ledger, digest);
        return { name, digest, state: calibration === 'waived' && state !== 'retired' ? 'waived' : state };
      }),
  );
}

const CALIBRATE = '`anneal judge calibrate` compares it with labels by people';
const WHY_NOT: Partial<Record<DecidingJudge['state'], (name: string) => string>> = {
  none: (name) => `The judge ${name} was never compared with people: it informs and does not decide; ${CALIBRATE}.`,
  expired: (name) =>
    `The calibration of the judge ${name} has expired: it informs and does not decide; ${CALIBRATE} again.`,
  failed: (name) => `The judge ${name} failed its last calibration: it informs and does not decide.`,
  retired: (name) => `The judge ${name} was retired: it decides nothing any more.`,
};

/** Why a judge may not decide, in words; undefined: it may. */
export const whyNot = ({ name, state }: DecidingJudge): string | undefined => WHY_NOT[state]?.(name);
