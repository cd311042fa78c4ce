/** One frequency, counted in a simulation, with what it should be. */
export interface Figure {
  name: string;
  /** What was found, a share of `runs`. */
  value: number;
  runs: number;
  /** Standard error of `value` if it is what was promised. */
  error: number;
  /** In words. */
  aim: string;
  met: boolean;
}

/** How long a simulation is. */
export interface Size {
  /** Runs of each frequency. */
  runs: number;
  /** Items of a test set. */
  items: readonly number[];
}

/** Standard errors within which a promise is kept. */
const WITHIN = 3;

/** The share of `runs` runs in which `happens` is true. */
export function shareOf(runs: number, happens: (run: number) => boolean): number {
  let count = 0;
  for (let run = 0; run < runs; run += 1) count += Number(happens(run));
  return count / runs;
}

/** Promised not to exceed `most`: up to three standard errors above it are luck. */
export function atMost(name: string, value: number, runs: number, most: number): Figure {
  const error = errorOf(most, runs);
  const met = value <= most + WITHIN * error;
  return { name, value, runs, error, aim: `at most ${most}, within 3 SE`, met };
}

/** Promised to be `wanted`, by three standard errors. */
export function near(name: string, value: number, runs: number, wanted: number): Figure {
  const error = errorOf(wanted, runs);
  return { name, value, runs, error, aim: `${wanted}, within 3 SE`, met: Math.abs(value - wanted) <= WITHIN * error };
}

/** Known to go wrong, so that the simulation shows that it would notice: at least three standard errors above `most`. */
export function failsBeyond(name: string, value: number, runs: number, most: number): Figure {
  const error = errorOf(most, runs);
  return { name, value, runs, error, aim: `known to exceed ${most}`, met: value > most + WITHIN * error };
}

/** Between two bounds. */
export function between(name: string, value: number, runs: number, low: number, high: number): Figure {
  return {
    name,
    value,
    runs,
    error: errorOf(value, runs),
    aim: `${low} to ${high}`,
    met: value >= low && value <= high,
  };
}

/** The figures as Markdown. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(
    ({ name, value, error, runs, aim, met }) =>
      `| ${name} | ${value.toFixed(4)} | ${error.toFixed(4)} | ${runs} | ${aim} | ${met ? 'yes' : 'no'} |`,
  );
  return ['| simulation | found | SE | runs | aim | met |', '|---|---:|---:|---:|---|---|', ...rows].join('\n');
}

const errorOf = (share: number, runs: number): number => Math.sqrt((share * (1 - share)) / runs);
