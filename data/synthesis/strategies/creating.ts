import type { Content, Row } from '../../row.ts';
import { messagesOf } from '../prompt.ts';
import { seedOf } from '../random.ts';
import { rowById } from '../seeds.ts';
import { itemsIn, rowsOf, shapeOf } from '../shape.ts';
import type { Ask, Given } from '../strategy.ts';
import { allOrReason } from './rewriting.ts';

/** An ask for whole new rows in the shape of some real ones. */
export function creatingAsk(
  settings: { generator: string; guidance?: string | undefined },
  given: Given,
  order: {
    index: number;
    rows: number;
    task: string;
    examples: readonly Row[];
    label?: string | undefined;
    variant?: string;
  },
): Ask {
  const { index, rows, examples, label, variant } = order;
  const number = given.task ?? 0;
  const seed = seedOf(given.seed, number, index);
  const shape = shapeOf(given);
  const schema = rowsOf(shape.item(label), rows);
  const data = [
    ...(label === undefined ? [] : [{ title: 'Class of every new row', text: label }]),
    ...examples.map((row, i) => ({
      title:
        label === undefined || row.label === label
          ? `Example ${i + 1}`
          : `Example ${i + 1}, of another class: form only`,
      text: shape.show(row),
    })),
  ];
  return {
    generator: settings.generator,
    task: number,
    index,
    messages: messagesOf({ task: order.task, guidance: settings.guidance, data, schema, seed }),
    schema,
    seed,
    parents: examples.map(({ id }) => id),
    ...(label === undefined ? {} : { label }),
    rows,
    ...(variant === undefined ? {} : { variant }),
  };
}

/** The whole rows of an answer. */
export function readCreated(ask: Ask, answer: unknown, given: Given): Content[] | string {
  const shape = shapeOf(given);
  const parent = rowById(given, ask.parents[0]);
  return allOrReason(itemsIn(answer).map((item) => shape.content(item, ask, parent)));
}
