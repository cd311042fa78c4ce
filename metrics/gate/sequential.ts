import { BettingProcess } from '../inference/betting.ts';
import { checkAlpha } from './looks.ts';
import { Paired, type MetricFacts } from './paired.ts';

export interface SequentialSettings {
  facts: MetricFacts;
  /** The gain that has to be exceeded, in units of the metric. */
  minGain: number;
  /** Probability to promote, at any look, what gains no more than `minGain`; the same for a wrong rejection. */
  alpha: number;
  /**
   * betting: look as often as you like. planned: `looks` looks, each with the bounds of the gate at alpha / looks; more
   * powerful when they are few, and none may be added later.
   */
  rule: 'betting' | { looks: number };
}

export interface SequentialLook {
  /** continue: neither is proved yet. inconclusive: no planned look is left. */
  verdict: 'promote' | 'reject' | 'continue' | 'inconclusive';
  /** Items so far. */
  n: number;
  /** Mean gain so far, turned so that more is better; what was not measured is held against the candidate. */
  gain: number;
  /** Planned looks that are left; null: any number. */
  looksLeft: number | null;
  /** Natural logarithms of what was won by betting on and against a gain, to be held against log(1 / alpha). */
  logE: { promote: number; reject: number } | null;
}

/**
 * Decides while items come in, one after the other, on one metric. A verdict that was reached stays.
 *
 * betting: E of {@link BettingProcess}, over differences divided by the width of the range; promote at E ≥ 1/alpha,
 * whenever one looks (Ville's inequality). Rejection is the same bet on the other side. planned: the union bound.
 *
 * @throws RangeError for an alpha outside (0, 0.5], a gain that the range does not allow, or a score outside the range.
 */
export class SequentialGate {
  readonly #settings: SequentialSettings;
  readonly #paired: Paired;
  readonly #width: number;
  readonly #for: BettingProcess;
  readonly #against: BettingProcess;
  #looks = 0;
  #reached: 'promote' | 'reject' | undefined;

  constructor(settings: SequentialSettings) {
    const { facts, minGain, alpha, rule } = settings;
    checkAlpha(alpha);
    const [low, high] = facts.range;
    this.#width = high - low;
    if (!(Math.abs(minGain) < 0.99 * this.#width))
      throw new RangeError(`a gain of ${minGain} cannot be asked for of scores from ${low} to ${high}`);
    if (rule !== 'betting' && !(Number.isInteger(rule.looks) && rule.looks >= 1))
      throw new RangeError(`planned looks need their number, 1 or more, found ${rule.looks}`);
    this.#settings = settings;
    this.#paired = new Paired(facts);
    this.#for = new BettingProcess(minGain / this.#width);
    this.#against = new BettingProcess(-minGain / this.#width);
  }

  /** The next item; null: not measured, which counts against what is to be proved, either way. */
  add(candidate: number | null, champion: number | null): void {
    const [low, high] = this.#settings.facts.range;
    for (const score of [candidate, champion])
      if (score !== null && !(score >= low && score <= high))
        throw new RangeError(`item ${this.#paired.n + 1} has the score ${score}, outside ${low} to ${high}`);
    this.#paired.add(candidate, champion);
    if (this.#settings.rule !== 'betting') return;
    const isHigher = this.#settings.facts.better === 'higher';
    const [bad, good] = isHigher ? [low, high] : [high, low];
    const gain = (ours: number, theirs: number): number => ((isHigher ? 1 : -1) * (ours - theirs)) / this.#width;
    this.#for.add(clip(gain(candidate ?? bad, champion ?? good)));
    this.#against.add(clip(-gain(candidate ?? good, champion ?? bad)));
  }

  /** What is proved so far. Under `planned` each call is one of the looks, as long as nothing has been reached. */
  look(): SequentialLook {
    const { rule, alpha, minGain } = this.#settings;
    const paired = this.#paired;
    const isBetting = rule === 'betting';
    const logE = isBetting ? { promote: this.#for.logValue, reject: this.#against.logValue } : null;
    const isSpent = !isBetting && this.#looks >= rule.looks;
    if (this.#reached === undefined && paired.n > 0 && !isSpent) {
      this.#looks += 1;
      this.#reached = logE ? crossed(logE, alpha) : provedBy(paired, minGain, alpha / (isBetting ? 1 : rule.looks));
    }
    const looksLeft = isBetting ? null : rule.looks - this.#looks;
    const verdict = this.#reached ?? (looksLeft === 0 ? 'inconclusive' : 'continue');
    return { verdict, n: paired.n, gain: paired.n === 0 ? 0 : paired.gain, looksLeft, logE };
  }
}

function crossed(
  { promote, reject }: { promote: number; reject: number },
  alpha: number,
): 'promote' | 'reject' | undefined {
  const enough = -Math.log(alpha);
  return promote >= enough ? 'promote' : reject >= enough ? 'reject' : undefined;
}

function provedBy(paired: Paired, minGain: number, alpha: number): 'promote' | 'reject' | undefined {
  if (paired.proves(minGain, alpha)) return 'promote';
  return paired.bounds(alpha).upper <= minGain ? 'reject' : undefined;
}

/** Division may leave [−1, 1] by a rounding error. */
const clip = (value: number): number => Math.max(-1, Math.min(1, value));
