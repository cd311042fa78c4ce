/**
 * Count, mean, spread and skewness of values that come one after the other (Welford 1962; third moment by Terriberry's
 * update), in constant memory.
 */
export class Moments {
  n = 0;
  /** Exact for whole numbers, which 0/1 scores are, where the running mean is not. */
  #sum = 0;
  #mean = 0;
  #second = 0;
  #third = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    const before = this.n;
    this.n += 1;
    const delta = value - this.#mean;
    const step = delta / this.n;
    const product = delta * step * before;
    this.#sum += value;
    this.#mean += step;
    this.#third += product * step * (this.n - 2) - 3 * step * this.#second;
    this.#second += product;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  get mean(): number {
    return this.n === 0 ? 0 : this.#sum / this.n;
  }

  /** Sample standard deviation (n − 1); 0 for one value. */
  get deviation(): number {
    return this.n > 1 ? Math.sqrt(Math.max(0, this.#second) / (this.n - 1)) : 0;
  }

  /** Third central moment over the third power of the standard deviation, both divided by n; 0 without spread. */
  get skewness(): number {
    if (this.isSpreadless) return 0;
    return (Math.sqrt(this.n) * this.#third) / this.#second ** 1.5;
  }

  /** All values are the same, but for rounding. */
  get isSpreadless(): boolean {
    return this.n < 2 || this.deviation < 1e-12 * Math.max(1, Math.abs(this.mean));
  }
}
