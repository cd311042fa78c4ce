import { bootstrap } from '../../metrics/inference/bootstrap.ts';
import { createRandom, type Figure } from '../data/support.ts';

const RESAMPLES = 10_000;
const ITEMS = 100_000;
const AIM_SECONDS = 2;
const ROUNDS = 3;

/** An interval of a mean by the bootstrap, from a cold start: the first of the rounds counts, as a gate makes one. */
export function measureBootstrap(quick: boolean): Figure {
  const random = createRandom(3);
  const resamples = quick ? RESAMPLES / 10 : RESAMPLES;
  const values = Float64Array.from({ length: ITEMS }, random);
  const seconds = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    bootstrap(values, { resamples });
    return (performance.now() - start) / 1000;
  });
  const [first = Number.NaN] = seconds;
  return {
    row: `bootstrap: ${resamples.toLocaleString('en')} resamples of ${ITEMS.toLocaleString('en')} items, BCa`,
    ours: `${first.toFixed(2)} s`,
    beside: 'no tool',
    aim: `at most ${AIM_SECONDS} s`,
    met: first <= AIM_SECONDS,
    notes: [`one thread, first round; all rounds: ${seconds.map((one) => `${one.toFixed(2)} s`).join(', ')}`],
  };
}
