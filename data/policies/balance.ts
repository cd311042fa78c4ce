import type { PolicySettings } from '../../configs/policies.ts';
import { terminal } from '../../configs/failure.ts';
import { cut } from '../look/cut.ts';
import { labelOf } from '../look/labels.ts';
import type { Row } from '../row.ts';
import type { Decision, Policy } from './policy.ts';

/** More classes than this are no classes. */
const MOST_CLASSES = 10_000;
const MANY_GONE = 0.5;

/**
 * Evens out how often each class is seen: frequent classes lose rows, always the same ones (those of the highest
 * ids), or rows of rare classes get more weight. Rows without a class stay as they are. 8 bytes a row.
 */
export const balance: Policy<PolicySettings<'balance'>> = {
  name: 'balance',
  side: 'train',
  start: ({ method, maxRatio }, world) => {
    const classes = new Map<string, RowIds>();
    let unlabelled = 0;
    let decide: ((label: string, row: Row) => Decision) | undefined;
    const sizes = (): [string, number][] => [...classes].map(([label, { size }]) => [label, size]);
    return {
      observe(row) {
        const label = labelOf(row);
        if (label === undefined) {
          unlabelled += 1;
          return;
        }
        let ids = classes.get(label);
        if (!ids) {
          if (classes.size === MOST_CLASSES)
            throw terminal(
              'BadData',
              `balance: there are more than ${MOST_CLASSES} classes, the last at line ${row.line}. Name the column that holds the class in data.label, or take balance out of data.prepare.`,
              { line: row.line, classes: MOST_CLASSES },
            );
          ids = new RowIds();
          classes.set(label, ids);
        }
        ids.add(row.id, method === 'downsample');
      },
      apply(row) {
        const label = labelOf(row);
        if (label === undefined) return undefined;
        decide ??= method === 'weight' ? weigh(sizes(), maxRatio) : downsample(classes, maxRatio, world.warn);
        return decide(label, row);
      },
      findings: () => ({
        unlabelled,
        classes: sizes()
          .toSorted(bySize)
          .slice(0, 50)
          .map(([label, rows]) => ({ label, rows })),
      }),
    };
  },
};

const bySize = ([a, many]: [string, number], [b, few]: [string, number]): number => few - many || (a < b ? -1 : 1);

const name = (label: string): string => JSON.stringify(cut(label, 60));

function downsample(
  classes: ReadonlyMap<string, RowIds>,
  maxRatio: number,
  warn: (message: string) => void,
): (label: string, row: Row) => Decision {
  const ranked = [...classes].map(([label, { size }]): [string, number] => [label, size]).toSorted(bySize);
  const [rarest, fewest] = ranked.at(-1) ?? ['', 0];
  const most = Math.floor(fewest * maxRatio);
  const total = ranked.reduce((sum, [, size]) => sum + size, 0);
  const gone = ranked.reduce((sum, [, size]) => sum + Math.max(0, size - most), 0);
  if (gone > total * MANY_GONE)
    warn(
      `balance: ${gone} of ${total} rows go, since the smallest class, ${name(rarest)}, has ${fewest} and maxRatio is ${maxRatio}; method: weight keeps all of them`,
    );
  const places = new Map<string, { last: number; ofLast: number; why: string }>();
  for (const [label, ids] of classes)
    if (ids.size > most)
      places.set(label, {
        ...ids.cutAfter(most),
        why: `class ${name(label)} has ${ids.size} rows, of which ${most} stay: ${maxRatio} times the smallest class, ${name(rarest)}`,
      });
  return (label, row) => {
    const place = places.get(label);
    if (!place) return undefined;
    const number = numberOf(row.id);
    if (number < place.last) return undefined;
    if (number === place.last && place.ofLast > 0) {
      place.ofLast -= 1;
      return undefined;
    }
    return { out: 'drop', why: place.why };
  };
}

/** Weights in inverse proportion to the size of the class, none above `maxRatio`, 1 on the mean over labelled rows. */
function weigh(sizes: [string, number][], maxRatio: number): (label: string, row: Row) => Decision {
  const weights = classWeights(sizes, maxRatio);
  return (label, row) => {
    const weight = weights.get(label) ?? 1;
    if (weight === 1) return undefined;
    return { row: { ...row, weight: (row.weight ?? 1) * weight }, why: `weighs ${weight.toFixed(2)} times as much` };
  };
}

/** Weight of each class: rows of one class together count as much as those of another, as far as the bound lets them. */
export function classWeights(sizes: readonly (readonly [string, number])[], maxRatio: number): Map<string, number> {
  const rising = sizes.toSorted(([, a], [, b]) => a - b);
  const weights = new Map<string, number>();
  let rows = sizes.reduce((sum, [, size]) => sum + size, 0);
  // What each class not yet settled may weigh altogether; the rarest are settled first, for they meet the bound first.
  for (const [i, [label, size]] of rising.entries()) {
    const share = rows / (rising.length - i);
    const weight = Math.min(maxRatio, share / size);
    weights.set(label, weight);
    rows -= weight * size;
  }
  return weights;
}

/** The first 52 bits of an id, as a number that can be compared. */
const numberOf = (id: string): number => parseInt(id.slice(0, 13), 16) || 0;

/** Ids of the rows of a class. */
class RowIds {
  size = 0;
  private numbers = new Float64Array(64);

  /** Counts a row; keeps its id when that is needed. */
  add(id: string, keep: boolean): void {
    this.size += 1;
    if (!keep) return;
    if (this.size > this.numbers.length) {
      const larger = new Float64Array(Math.ceil(this.numbers.length * 1.5));
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.size - 1] = numberOf(id);
  }

  /** The id up to which `count` rows stay, 1 at least, and how many rows of just that id are among them. */
  cutAfter(count: number): { last: number; ofLast: number } {
    const sorted = this.numbers.subarray(0, this.size).toSorted();
    const last = sorted[count - 1] ?? 0;
    return { last, ofLast: count - sorted.indexOf(last) };
  }
}
