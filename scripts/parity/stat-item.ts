import type { Label } from '../../metrics/agreement/labels.ts';
import { attempt, type Parity, type Tolerance } from './compare.ts';

/** A node of `stats` whose inputs are read by type and whose other fields are compared. */
export class StatItem {
  readonly #inputs: Record<string, (value: never) => void> = {};
  readonly #parity: Parity;
  readonly #section: string;
  readonly #where: string;
  readonly #node: unknown;

  constructor(parity: Parity, section: string, where: string, node: unknown) {
    this.#parity = parity;
    this.#section = section;
    this.#where = where;
    this.#node = node;
  }

  number(name: string): number {
    return this.#input(name, 'a number', isNumber) as number;
  }

  numbers(name: string): number[] {
    return this.#input(name, 'a list of numbers', (value) => Array.isArray(value) && value.every(isNumber)) as number[];
  }

  labels(name: string): Label[] {
    const isLabel = (value: unknown): boolean => isNumber(value) || typeof value === 'string';
    return this.#input(name, 'a list of labels', (value) => Array.isArray(value) && value.every(isLabel)) as Label[];
  }

  /** Lists of numbers, null where one is missing. */
  table(name: string): (number | null)[][] {
    const isEntry = (value: unknown): boolean => isNumber(value) || value === null;
    return this.#input(name, 'a list of lists of numbers or null', (value) =>
      isListOf(value, (row) => isListOf(row, isEntry)),
    ) as (number | null)[][];
  }

  boolean(name: string): boolean {
    return this.#input(name, 'true or false', (value) => typeof value === 'boolean') as boolean;
  }

  choice<const T extends string>(name: string, choices: readonly T[]): T {
    return this.#input(name, choices.join(' or '), (value) => choices.includes(value as T)) as T;
  }

  /** Compares every field that is no input; one without a computation is an error. */
  compare(computations: Record<string, Computation>): void {
    const handlers: Record<string, (value: never) => void> = { ...this.#inputs };
    for (const [name, computation] of Object.entries(computations)) {
      const { compute, tolerance } =
        typeof computation === 'function' ? { compute: computation, ...USUAL } : computation;
      handlers[name] = (expected: unknown) => {
        const found = attempt(() => compute(expected as never));
        this.#parity.same(
          `${this.#section}.${name}`,
          `${this.#where}.${name}`,
          found instanceof RangeError ? everywhere(expected, found) : found,
          expected,
          tolerance,
        );
      };
    }
    this.#parity.fields(this.#where, this.#node, handlers);
  }

  /** Hands each entry of a list to its reader. */
  each(name: string, read: (item: StatItem) => void): void {
    this.#inputs[name] = (value: unknown) =>
      eachItem(this.#parity, `${this.#section}.${name}`, `${this.#where}.${name}`, value, read);
  }

  /** Hands an object to its reader. */
  inner(name: string, read: (item: StatItem) => void): void {
    this.#inputs[name] = (value: unknown) =>
      readItem(this.#parity, `${this.#section}.${name}`, `${this.#where}.${name}`, value, read);
  }

  #input(name: string, expected: string, isRight: (value: unknown) => boolean): unknown {
    const value = isObject(this.#node) && Object.hasOwn(this.#node, name) ? this.#node[name] : undefined;
    if (!isRight(value)) throw new WrongInput(`${this.#where}.${name}: expected ${expected}`);
    this.#inputs[name] = () => undefined;
    return value;
  }
}

/** Gives the figure of a field, out of inputs read before; the expected value tells only which keys are asked for. */
export type Computation =
  | ((expected: never) => unknown)
  | { compute: (expected: never) => unknown; tolerance: Tolerance };

/** Tolerance of the figures of `stats` that name no other. */
const USUAL = { tolerance: 1e-8 };

class WrongInput extends Error {}

/** Reads a list of nodes; what cannot be read is noted, and the rest goes on. */
export function eachItem(
  parity: Parity,
  section: string,
  where: string,
  list: unknown,
  read: (item: StatItem) => void,
): void {
  if (!Array.isArray(list)) parity.unknown.push(`${where}: expected a list`);
  else for (const [i, node] of list.entries()) readItem(parity, section, `${where}[${i}]`, node, read);
}

/** Reads one node; an input of a wrong type is noted. */
export function readItem(
  parity: Parity,
  section: string,
  where: string,
  node: unknown,
  read: (item: StatItem) => void,
): void {
  try {
    read(new StatItem(parity, section, where, node));
  } catch (error) {
    if (!(error instanceof WrongInput)) throw error;
    parity.unknown.push(error.message);
  }
}

/** A refusal stands for every figure that was expected of the computation. */
function everywhere(expected: unknown, refusal: RangeError): unknown {
  if (Array.isArray(expected)) return expected.map((value) => everywhere(value, refusal));
  if (isObject(expected))
    return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, everywhere(value, refusal)]));
  return refusal;
}

const isNumber = (value: unknown): boolean => typeof value === 'number';

const isListOf = (value: unknown, isEntry: (entry: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isEntry);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
