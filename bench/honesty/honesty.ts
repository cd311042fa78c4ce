import type { Outcome } from '../main.ts';
import { tableOf, type Figure } from './figure.ts';
import { falsePromotions, power } from './gates.ts';
import { coverage, slotBias } from './judges.ts';
import { peeking, yearOfGates } from './repeated.ts';

export const usage = '[--quick]';

/** Sizes of test sets, and how often each simulation is run. */
interface Effort {
  items: readonly number[];
  gates: number;
  powers: number;
  years: number;
  peeks: number;
  surveys: number;
  slots: number;
}

const FULL: Effort = {
  items: [50, 100, 200, 500, 1000],
  gates: 4000,
  powers: 4000,
  years: 2000,
  peeks: 2000,
  surveys: 10_000,
  slots: 2000,
};
/** A few seconds: for every build. */
const QUICK: Effort = { items: [50, 200], gates: 500, powers: 500, years: 150, peeks: 150, surveys: 2000, slots: 150 };

/**
 * Whether the gate keeps what it promises, by simulation with fixed seeds and through the functions that decide:
 * promotions of what is no better, power at the effect that it prints, a year of gates on one test set, peeking,
 * judged win rates, and judges that favour a place. `--quick` is the form of every build, and is not logged.
 * Undefined: the options are others.
 */
export function honesty(options: readonly string[]): Promise<Outcome | undefined> {
  const isQuick = options[0] === '--quick';
  if (options.length > Number(isQuick)) return Promise.resolve(undefined);
  const figures = simulate(isQuick ? QUICK : FULL, (name) => process.stderr.write(`${name} …\n`));
  return Promise.resolve({
    ok: figures.every(({ met }) => met),
    aims: figures,
    table: tableOf(figures),
    isLogged: !isQuick,
  });
}

/** All simulations in their quick form. */
export const quickly = (): Figure[] => simulate(QUICK);

function simulate(effort: Effort, say: (name: string) => void = () => {}): Figure[] {
  const { items } = effort;
  const parts: [string, () => Figure[]][] = [
    ['candidates that are no better', () => falsePromotions({ runs: effort.gates, items })],
    ['candidates that are better by the printed effect', () => power({ runs: effort.powers, items })],
    ['a year of weekly gates', () => yearOfGates(effort.years)],
    ['peeking', () => peeking(effort.peeks)],
    ['judged win rates', () => coverage(effort.surveys)],
    ['a judge that favours a place', () => slotBias(effort.slots)],
  ];
  return parts.flatMap(([name, part]) => {
    say(name);
    return part();
  });
}
