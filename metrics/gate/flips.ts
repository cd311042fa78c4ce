/** An item on which the models differ. */
export interface Flip {
  id: string;
  candidate: number;
  champion: number;
  /** Above 0: the candidate is better. */
  gain: number;
}

/** How many are kept. */
const KEPT = 50;

/** The items on which two models differ most, the largest difference first, of equal ones by id. */
export class Flips {
  readonly #sign: 1 | -1;
  readonly #kept: Flip[] = [];

  constructor(better: 'higher' | 'lower') {
    this.#sign = better === 'higher' ? 1 : -1;
  }

  add(id: string, candidate: number | null, champion: number | null): void {
    if (candidate === null || champion === null || candidate === champion) return;
    const flip = { id, candidate, champion, gain: this.#sign * (candidate - champion) };
    const last = this.#kept.at(-1);
    if (this.#kept.length === KEPT && last && !isBefore(flip, last)) return;
    let place = this.#kept.length;
    while (place > 0 && isBefore(flip, this.#kept[place - 1] as Flip)) place -= 1;
    this.#kept.splice(place, 0, flip);
    if (this.#kept.length > KEPT) this.#kept.pop();
  }

  list(): Flip[] {
    return [...this.#kept];
  }
}

const isBefore = (a: Flip, b: Flip): boolean => {
  const difference = Math.abs(a.gain) - Math.abs(b.gain);
  return difference > 0 || (difference === 0 && a.id < b.id);
};
