import { nearest } from '../../configs/nearest.ts';
import { terminal } from '../../configs/failure.ts';
import type { Row } from '../row.ts';
import { randomFrom } from './random.ts';
import { isSeed } from './shape.ts';
import type { Given } from './strategy.ts';

/**
 * The training rows that new ones are made of, of the classes asked for.
 *
 * @throws TerminalError `NothingToSynthesize` when there are none.
 */
export function seedsOf(given: Given, strategy: string, labels: readonly string[] | undefined): Row[] {
  for (const label of labels ?? []) {
    if (given.labels.has(label)) continue;
    const near = nearest(label, [...given.labels.keys()]);
    const known = [...given.labels.keys()].slice(0, 12).join(', ');
    throw terminal(
      'NothingToSynthesize',
      `synthesize.tasks.${given.task ?? 0} (${strategy}) asks for the class ${JSON.stringify(label)}, which no training row has: ${near === undefined ? `the classes are ${known || 'not known; set data.label'}` : `did you mean ${JSON.stringify(near)}?`}`,
      { task: given.task ?? 0, label },
    );
  }
  const wanted = labels && new Set(labels);
  const seeds = given.rows.filter(
    (row) => isSeed(row) && (!wanted || (row.label !== undefined && wanted.has(row.label))),
  );
  if (seeds.length > 0) return seeds;
  throw terminal(
    'NothingToSynthesize',
    `synthesize.tasks.${given.task ?? 0} (${strategy}) makes rows out of training rows with a text prompt and a text answer, and found none among ${given.rows.length}: give such rows, other labels, or a task of strategy grammar`,
    { task: given.task ?? 0, rows: given.rows.length },
  );
}

/** Some of the items, none twice, chosen by the seed. */
export function sample<T>(items: readonly T[], count: number, seed: number): T[] {
  const random = randomFrom(seed);
  const moved = new Map<number, number>();
  const chosen: T[] = [];
  for (let i = 0; i < Math.min(count, items.length); i++) {
    const j = i + Math.floor(random() * (items.length - i));
    chosen.push(items[moved.get(j) ?? j] as T);
    moved.set(j, moved.get(i) ?? i);
  }
  return chosen;
}

/** How a count is cut into asks of at most `perAsk` rows. */
export function portions(count: number, perAsk: number): number[] {
  return Array.from({ length: Math.ceil(count / perAsk) }, (_, i) => Math.min(perAsk, count - i * perAsk));
}

const tables = new WeakMap<readonly Row[], Map<string, Row>>();

/** The row with an id, out of training rows or documents. */
export function rowById({ rows, documents = [] }: Given, id: string | undefined): Row | undefined {
  for (const list of [rows, documents]) {
    let table = tables.get(list);
    if (!table) tables.set(list, (table = new Map(list.map((row) => [row.id, row]))));
    const found = id === undefined ? undefined : table.get(id);
    if (found) return found;
  }
  return undefined;
}
