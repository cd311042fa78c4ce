import { nearest } from './nearest.ts';
import { lacksPrice } from './prices.ts';

interface Found {
  path: string[];
  message: string;
}

/**
 * What holds between the fields of `synthesize`. Takes whatever was written, right or wrong, so that these
 * problems are reported together with those of single fields; paths start inside `synthesize`.
 */
export function crossCheckSynthesis(written: unknown): Found[] {
  if (!isObject(written) || !isObject(written['generators'])) return [];
  const generators = written['generators'];
  const kindOf = (name: string): unknown => {
    const settings = Object.hasOwn(generators, name) ? generators[name] : undefined;
    return isObject(settings) ? settings['kind'] : undefined;
  };
  const problems: Found[] = [];
  for (const [list, key] of [
    ['tasks', 'strategy'],
    ['filters', 'filter'],
  ] as const) {
    for (const [i, entry] of listOf(written[list]).entries()) {
      if (!isObject(entry) || typeof entry['generator'] !== 'string') continue;
      const name = entry['generator'];
      const path = [list, String(i), 'generator'];
      const what = String(entry[key]);
      if (!Object.hasOwn(generators, name)) problems.push({ path, message: unknownGenerator(name, generators) });
      else if (what === 'grammar' && kindOf(name) !== 'grammar')
        problems.push({
          path,
          message: `the strategy grammar needs a generator of kind grammar; "${name}" is a model`,
        });
      else if (what !== 'grammar' && kindOf(name) === 'grammar')
        problems.push({
          path,
          message: `${what} needs a model (kind endpoint or mlx); "${name}" is a grammar, which cannot answer questions`,
        });
    }
  }
  return [...problems, ...repeats(written), ...withoutPrice(written, generators)];
}

function unknownGenerator(name: string, generators: Record<string, unknown>): string {
  const known = Object.keys(generators);
  const near = nearest(name, known);
  const hint = near ? `did you mean "${near}"?` : `known here: ${known.join(', ') || 'none'}`;
  return `no generator is named "${name}": ${hint}`;
}

/** A task may stand there twice: by its number it has another seed and asks other questions. */
function repeats(written: Record<string, unknown>): Found[] {
  const problems: Found[] = [];
  const seen = new Set<string>();
  for (const [i, entry] of listOf(written['filters']).entries()) {
    // Two sets of rules can be meant: one for prompts and one for answers.
    const name = isObject(entry) ? entry['filter'] : undefined;
    if (typeof name !== 'string' || name === 'rules') continue;
    if (seen.has(name))
      problems.push({ path: ['filters', String(i)], message: `${name} is listed twice: keep one of the two` });
    seen.add(name);
  }
  for (const [i, entry] of listOf(written['tasks']).entries()) {
    const labels = isObject(entry) ? listOf(entry['labels']) : [];
    const twice = labels.find((label, at) => labels.indexOf(label) < at);
    if (twice !== undefined)
      problems.push({
        path: ['tasks', String(i), 'labels'],
        message: `names ${JSON.stringify(twice)} twice: keep one of the two`,
      });
  }
  return problems;
}

function withoutPrice(written: Record<string, unknown>, generators: Record<string, unknown>): Found[] {
  const limits = written['limits'];
  if (!isObject(limits) || limits['usd'] === undefined) return [];
  return Object.entries(generators)
    .filter(([, settings]) => isObject(settings) && lacksPrice(settings))
    .map(([name]) => ({
      path: ['generators', name],
      message:
        'has no price, so limits.usd cannot hold: give price.inputPerMillion and price.outputPerMillion in USD (0 when it is free)',
    }));
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
