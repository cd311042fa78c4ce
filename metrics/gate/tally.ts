import { conclude, type GateDecision, type Judged } from './decision.ts';
import { Flips } from './flips.ts';
import { judgeFloor, judgeGuard, Side, type Floor, type Guard } from './guards.ts';
import { alphaOf, checkAlpha, type Looks } from './looks.ts';
import { Paired, type MetricFacts } from './paired.ts';

export type { GateDecision } from './decision.ts';
export type { Floor, Guard } from './guards.ts';
export type { MetricFacts } from './paired.ts';

export interface Primary {
  metric: string;
  /** The gain that has to be exceeded, in units of the metric. */
  minGain: number;
}

export interface GateSettings {
  /** One-sided confidence, 0.5 ≤ c < 1. */
  confidence: number;
  primaries: readonly Primary[];
  guards: readonly Guard[];
  floors: readonly Floor[];
  /** Largest share of items not measured with which something may be promoted. */
  maxUnmeasured: number;
  looks: Looks;
}

/** Both models on one item; null: not measured. A metric that neither side has is no part of the item. */
export interface PairedItem {
  id: string;
  slices?: readonly string[];
  candidate: Readonly<Record<string, number | null>>;
  champion: Readonly<Record<string, number | null>>;
}

/**
 * Gathers paired scores item by item, in constant memory, and decides.
 *
 * @throws RangeError for settings that make no sense, a score that is no number, an item that has a metric on one side
 * only, and, when it decides, a metric that no item has.
 */
export class GateTally {
  readonly #settings: GateSettings;
  readonly #facts: Readonly<Record<string, MetricFacts>>;
  readonly #look: number;
  readonly #primaries: Paired[];
  readonly #guards: Paired[];
  readonly #floors: Side[];
  readonly #slices = new Map<string, Paired>();
  readonly #flips: Flips;

  constructor(settings: GateSettings, facts: Readonly<Record<string, MetricFacts>>, look = 1) {
    const { confidence, primaries, guards, floors } = settings;
    checkAlpha(1 - confidence);
    if (primaries.length === 0) throw new RangeError('a gate needs a metric that decides');
    this.#settings = settings;
    this.#facts = facts;
    this.#look = look;
    this.#primaries = primaries.map(({ metric }) => new Paired(this.#factsOf(metric)));
    this.#guards = guards.map(
      ({ metric, margin }) => new Paired(this.#factsOf(metric), typeof margin === 'number' ? 0 : margin.share),
    );
    this.#floors = floors.map(({ metric }) => new Side(this.#factsOf(metric)));
    this.#flips = new Flips(this.#factsOf(primaries[0]?.metric ?? '').better);
  }

  add(item: PairedItem): void {
    const { primaries, guards, floors } = this.#settings;
    const { slices = [] } = item;
    primaries.forEach(({ metric }, i) => {
      const pair = scoresOf(item, metric);
      if (!pair) return;
      this.#primaries[i]?.add(...pair);
      if (i > 0) return;
      this.#flips.add(item.id, ...pair);
      for (const slice of slices) {
        let found = this.#slices.get(slice);
        if (!found) this.#slices.set(slice, (found = new Paired(this.#factsOf(metric))));
        found.add(...pair);
      }
    });
    guards.forEach(({ metric, slice }, i) => {
      if (slice !== undefined && !slices.includes(slice)) return;
      const pair = scoresOf(item, metric);
      if (pair) this.#guards[i]?.add(...pair);
    });
    floors.forEach(({ metric, slice }, i) => {
      if (slice !== undefined && !slices.includes(slice)) return;
      const pair = scoresOf(item, metric);
      if (pair) this.#floors[i]?.add(pair[0]);
    });
  }

  decide(): GateDecision {
    const { primaries, guards, floors, confidence, looks } = this.#settings;
    const plain = 1 - confidence;
    for (const [i, { metric }] of primaries.entries())
      if (this.#primaries[i]?.n === 0)
        throw new RangeError(`the gate decides on ${metric}, which no item has: measure it, or name another`);
    const alpha = alphaOf(looks, plain, this.#look);
    const judged: Judged = {
      alpha,
      look: this.#look,
      confidence,
      looks,
      maxUnmeasured: this.#settings.maxUnmeasured,
      primaries: primaries.map(({ metric, minGain }, i) => ({ metric, minGain, paired: this.#primaries[i] as Paired })),
      guards: guards.map((guard, i) => judgeGuard(guard, this.#guards[i] as Paired, plain)),
      floors: floors.map((floor, i) => judgeFloor(floor, this.#floors[i] as Side, plain)),
      slices: [...this.#slices].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([slice, paired]) => ({ slice, paired })),
      flips: this.#flips.list(),
    };
    return conclude(judged);
  }

  #factsOf(metric: string): MetricFacts {
    const facts = Object.hasOwn(this.#facts, metric) ? this.#facts[metric] : undefined;
    if (!facts)
      throw new RangeError(
        `the gate looks at ${metric}, which was not measured: there are ${Object.keys(this.#facts).join(', ')}`,
      );
    return facts;
  }
}

/** Both scores of an item; undefined: the metric is no part of it. */
function scoresOf({ id, candidate, champion }: PairedItem, metric: string): [number | null, number | null] | undefined {
  const [ours, theirs] = [
    Object.hasOwn(candidate, metric) ? candidate[metric] : undefined,
    Object.hasOwn(champion, metric) ? champion[metric] : undefined,
  ];
  if (ours === undefined && theirs === undefined) return undefined;
  if (ours === undefined || theirs === undefined)
    throw new RangeError(`item ${id} has ${metric} for one model only: measure both on the same items`);
  for (const score of [ours, theirs])
    if (score !== null && !Number.isFinite(score))
      throw new RangeError(
        `item ${id} has the ${metric} ${score}: expected a number, or null where it was not measured`,
      );
  return [ours, theirs];
}
