/** What is wrong with a metric as it was written, in a sentence. */
export class MetricSpecError extends Error {
  override readonly name = 'MetricSpecError';
}

/** Reads the text of one option. @throws MetricSpecError by `wrong`, which is told what was expected. */
export type Reader<T> = (text: string, wrong: (expected: string) => MetricSpecError) => T;

/** true or false. */
export const flag: Reader<boolean> = (text, wrong) => {
  if (text === 'true' || text === 'false') return text === 'true';
  throw wrong('true or false');
};

/** A number from `low` to `high`, both included. */
export const number =
  (low: number, high: number): Reader<number> =>
  (text, wrong) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= low && value <= high) return value;
    throw wrong(high === Number.MAX_VALUE ? `a number of at least ${low}` : `a number from ${low} to ${high}`);
  };

/** A whole number from `low` to `high`, both included. */
export const whole =
  (low: number, high: number): Reader<number> =>
  (text, wrong) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw wrong(`a whole number from ${low} to ${high}`);
  };

/** One of some words. */
export const choice =
  <const T extends string>(words: readonly T[]): Reader<T> =>
  (text, wrong) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw wrong(`one of ${words.join(', ')}`);
  };

/** Any text but none. */
export const text: Reader<string> = (value, wrong) => {
  if (value !== '') return value;
  throw wrong('a text');
};

export type Readers = Readonly<Record<string, Reader<unknown>>>;
/** Options that were read; those that were not written are absent. */
export type Options<R extends Readers> = { [Key in keyof R]?: R[Key] extends Reader<infer T> ? T : never };

/**
 * A metric as it is written: `name`, or `name:key=value,key=value`. In a value `%2C`, `%3A`, `%3D` and `%25` stand for
 * a comma, a colon, an equals sign and a per cent sign; a colon and an equals sign may also be written as they are.
 *
 * @throws MetricSpecError
 */
export function splitSpec(spec: string): { name: string; options: Map<string, string> } {
  const colon = spec.indexOf(':');
  const name = colon < 0 ? spec : spec.slice(0, colon);
  const options = new Map<string, string>();
  if (colon < 0) return { name, options };
  for (const part of spec.slice(colon + 1).split(',')) {
    const equals = part.indexOf('=');
    if (equals < 1)
      throw new MetricSpecError(
        `"${spec}": expected key=value behind the colon, found "${part}", e.g. bleu:tokenize=intl`,
      );
    const key = part.slice(0, equals);
    if (options.has(key)) throw new MetricSpecError(`"${spec}": ${key} is given twice`);
    options.set(key, decoded(part.slice(equals + 1), spec));
  }
  return { name, options };
}

function decoded(value: string, spec: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new MetricSpecError(`"${spec}": a per cent sign is written %25`);
  }
}

/** Reads the options of a metric. @throws MetricSpecError for one that there is not, and for a value it cannot have. */
export function readOptions<R extends Readers>(
  spec: string,
  written: ReadonlyMap<string, string>,
  readers: R,
): Options<R> {
  const read: Record<string, unknown> = {};
  for (const [key, value] of written) {
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (!reader) {
      const known = Object.keys(readers);
      throw new MetricSpecError(
        `"${spec}": there is no option "${key}": ${known.length === 0 ? 'it has none' : `the options are ${known.join(', ')}`}`,
      );
    }
    read[key] = reader(
      value,
      (expected) => new MetricSpecError(`"${spec}": ${key}: expected ${expected}, found "${value}"`),
    );
  }
  return read as Options<R>;
}
