/** Counts comparisons of one kind of figure. */
export interface Account {
  compared: number;
  equal: number;
  /** Largest difference, as {@link Tolerance} measures it; infinite where something else than a number was found. */
  maxError: number;
  /** The first differences, in words. */
  differences: string[];
}

/** Greatest difference that counts as equal: relative where the figure is above 1, or `absolute` whatever its size. */
export type Tolerance = number | { absolute: number };

/** How many differences of a section are kept in words. */
const SHOWN = 3;

/** Walks a file of vectors, and misses nothing: a field that nobody handles is an error. */
export class Parity {
  readonly sections = new Map<string, Account>();
  /** Paths of what nobody could compare, with the reason where it is not plain. */
  readonly unknown: string[] = [];

  /** Whether every figure was compared, and none differed. */
  get isEqual(): boolean {
    return this.unknown.length === 0 && [...this.sections.values()].every(({ compared, equal }) => compared === equal);
  }

  /** Figures compared and equal, of all sections. */
  get total(): { compared: number; equal: number } {
    let compared = 0;
    let equal = 0;
    for (const account of this.sections.values()) {
      compared += account.compared;
      equal += account.equal;
    }
    return { compared, equal };
  }

  /**
   * Compares whatever the reference gave (number, text, null, list or object of these) with what we found.
   *
   * @param section the path that figures are summed up under, without numbers of items: `pairs.sentence_bleu.13a`
   * @param where the item, for people: `pairs[17]`
   */
  same(section: string, where: string, found: unknown, expected: unknown, tolerance: Tolerance): void {
    if (Array.isArray(expected)) {
      if (!Array.isArray(found) || found.length !== expected.length)
        this.#count(section, false, Number.POSITIVE_INFINITY, `${where}: ${contrast(expected, found)}`);
      else expected.forEach((value, i) => this.same(section, `${where}[${i}]`, found[i], value, tolerance));
      return;
    }
    if (typeof expected === 'object' && expected !== null) {
      for (const [key, value] of Object.entries(expected))
        this.same(`${section}.${key}`, `${where}.${key}`, own(found, key), value, tolerance);
      return;
    }
    const isAbsolute = typeof tolerance === 'object';
    const error = errorOf(found, expected, isAbsolute);
    const isEqual = error <= (isAbsolute ? tolerance.absolute : tolerance);
    this.#count(section, isEqual, error, `${where}: ${contrast(expected, found)}`);
  }

  /** Hands each field of a node to its handler. A field without one is an error, and so is a node that is no object. */
  fields(path: string, node: unknown, handlers: Record<string, (value: never) => void>): void {
    if (typeof node !== 'object' || node === null || Array.isArray(node)) {
      this.unknown.push(`${path}: expected an object`);
      return;
    }
    for (const [key, value] of Object.entries(node)) {
      const handle = Object.hasOwn(handlers, key) ? handlers[key] : undefined;
      if (handle) (handle as (value: unknown) => void)(value);
      else this.unknown.push(`${path}.${key}`);
    }
  }

  #count(section: string, isEqual: boolean, error: number, difference: string): void {
    const account = this.sections.get(section) ?? { compared: 0, equal: 0, maxError: 0, differences: [] };
    this.sections.set(section, account);
    account.compared += 1;
    account.maxError = Math.max(account.maxError, error);
    if (isEqual) account.equal += 1;
    else if (account.differences.length < SHOWN) account.differences.push(difference);
  }
}

/** What a computation gives or, where it is refused, the error, which is equal only to null: no result. */
export function attempt(compute: () => unknown): unknown {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RangeError) return error;
    throw error;
  }
}

/** 0 when equal; texts, null and numbers that are not finite differ wholly or not at all. */
function errorOf(found: unknown, expected: unknown, isAbsolute: boolean): number {
  // JSON has neither NaN nor infinities: programs write null, or the name as a text.
  if (expected === null) return found === null || found instanceof RangeError || Number.isNaN(found) ? 0 : Infinity;
  if (typeof expected === 'string' && typeof found === 'number') return `${found}` === expected ? 0 : Infinity;
  if (typeof expected !== 'number' || typeof found !== 'number') return found === expected ? 0 : Infinity;
  if (found === expected) return 0;
  if (!Number.isFinite(found) || !Number.isFinite(expected)) return Infinity;
  return Math.abs(found - expected) / (isAbsolute ? 1 : Math.max(1, Math.abs(expected)));
}

const own = (node: unknown, key: string): unknown =>
  typeof node === 'object' && node !== null && Object.hasOwn(node, key)
    ? (node as Record<string, unknown>)[key]
    : undefined;

const contrast = (expected: unknown, found: unknown): string => `expected ${show(expected)}, found ${show(found)}`;

function show(value: unknown): string {
  if (value instanceof Error) return value.message;
  if (typeof value === 'number') return `${value}`;
  return JSON.stringify(value)?.slice(0, 200) ?? 'nothing';
}
