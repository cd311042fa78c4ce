import type { PolicySettings } from '../../configs/policies.ts';
import { Grams } from '../dedupe/grams.ts';
import { LeakIndex } from '../dedupe/leak-index.ts';
import { askedIn } from '../dedupe/spoken.ts';
import { mix, Words } from '../dedupe/words.ts';
import { labelOf } from '../look/labels.ts';
import { textsOf, type Row } from '../row.ts';
import type { Policy } from './policy.ts';

/** Rows kept to choose from, over all classes, beside 4 for each example wanted. */
const LEAST_CANDIDATES = 2048;
/** As in decontaminate. */
const LEAK = { gram: 13, minShare: 0.5 };
/** Characters of an example; a longer row would fill the prompt that it is meant for. */
const LONGEST = 20_000;
/** Words a run when examples are compared: short, since prompts are. */
const RUN = 2;

/**
 * Picks examples for a prompt: from every class in turn, the largest first; within a class the one least like those
 * picked before it. No row that repeats a test row is an example, nor one of more than 20,000 characters. The choice is the same for any order of the rows,
 * as long as there are at most 1024 classes; of more, classes first met later are taken together as one.
 */
export const fewShot: Policy<PolicySettings<'fewShot'>> = {
  name: 'fewShot',
  side: 'train',
  start: async ({ count }, world) => {
    const tests = new LeakIndex(LEAK.gram, LEAK.minShare);
    for (const { name, rows } of world.evalSets) await tests.add(name, rows);
    const pool = new Pool(Math.max(LEAST_CANDIDATES, 4 * count), world.seed);
    return {
      apply(row) {
        pool.offer(row, () => tests.find(row) === undefined);
        return undefined;
      },
      chosen: () => pool.choose(count),
    };
  },
};

interface Candidate {
  order: number;
  row: Row;
}

interface Class {
  label: string;
  size: number;
  candidates: Candidate[];
}

const MOST_CLASSES = 1024;

/** Candidates by class: those of the lowest hash, as many as fit. */
class Pool {
  private readonly room: number;
  private readonly seed: number;
  private readonly classes = new Map<string, Class>();

  constructor(room: number, seed: number) {
    this.room = room;
    this.seed = seed;
  }

  offer(row: Row, isFit: () => boolean): void {
    const group = this.classFor(labelOf(row) ?? '');
    group.size += 1;
    const room = this.roomOfClass();
    // By the prompt, so that of rows that ask the same only one is held, whichever comes first.
    const order = mix(mix(parseInt(row.promptId.slice(0, 8), 16) ^ this.seed) + this.seed) >>> 0;
    const candidate = { order, row };
    const { candidates } = group;
    if (candidates.length >= room && isAfter(candidate, candidates.at(-1) as Candidate)) return;
    const twin = candidates.findIndex((other) => other.row.promptId === row.promptId);
    if (twin >= 0 && isAfter(candidate, candidates[twin] as Candidate)) return;
    if (textsOf(row).reduce((sum, text) => sum + text.length, 0) > LONGEST || !isFit()) return;
    if (twin >= 0) candidates.splice(twin, 1);
    insert(candidates, candidate);
    candidates.splice(room);
  }

  choose(count: number): Row[] {
    const room = this.roomOfClass();
    const queues = [...this.classes.values()]
      .toSorted((a, b) => b.size - a.size || (a.label < b.label ? -1 : 1))
      .map(({ candidates }) => spread(candidates.slice(0, room).map(({ row }) => row)));
    const chosen: Row[] = [];
    while (chosen.length < count) {
      const before = chosen.length;
      for (const queue of queues) {
        const { value, done } = queue.next();
        if (!done && chosen.length < count) chosen.push(value);
      }
      if (chosen.length === before) break;
    }
    return chosen;
  }

  private classFor(label: string): Class {
    const known = this.classes.get(label);
    if (known) return known;
    const own = this.classes.size < MOST_CLASSES ? label : '';
    const group = this.classes.get(own) ?? { label: own, size: 0, candidates: [] };
    this.classes.set(own, group);
    return group;
  }

  private roomOfClass(): number {
    return Math.max(1, Math.floor(this.room / Math.max(1, this.classes.size)));
  }
}

const isAfter = (a: Candidate, b: Candidate): boolean =>
  a.order > b.order || (a.order === b.order && a.row.id >= b.row.id);

function insert(candidates: Candidate[], candidate: Candidate): void {
  let [low, high] = [0, candidates.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAfter(candidate, candidates[middle] as Candidate)) low = middle + 1;
    else high = middle;
  }
  candidates.splice(low, 0, candidate);
}

/** The rows, each the least like those before it (its greatest Jaccard similarity to one of them is the smallest). */
function* spread(rows: Row[]): Generator<Row, undefined> {
  const sets = rows.map(runsOf);
  const likeness = rows.map(() => 0);
  const left = new Set(rows.keys());
  while (left.size > 0) {
    let next = -1;
    for (const i of left) if (next < 0 || (likeness[i] as number) < (likeness[next] as number)) next = i;
    left.delete(next);
    for (const i of left)
      likeness[i] = Math.max(likeness[i] as number, similarity(sets[i] as Set<number>, sets[next] as Set<number>));
    yield rows[next] as Row;
  }
  return undefined;
}

function runsOf(row: Row): Set<number> {
  const words = new Words();
  for (const text of askedIn(row)) words.add(text);
  const grams = new Grams(RUN).read(words);
  return new Set(grams.high.subarray(0, grams.length));
}

function similarity(a: Set<number>, b: Set<number>): number {
  let shared = 0;
  for (const run of a) if (b.has(run)) shared += 1;
  return shared === 0 ? 0 : shared / (a.size + b.size - shared);
}
