import { answerOf, type Content, type Row } from '../../row.ts';
import { messagesOf } from '../prompt.ts';
import { seedOf, shuffled } from '../random.ts';
import { rewriteOf } from '../rewrite.ts';
import { portions, rowById, seedsOf } from '../seeds.ts';
import { itemsIn, rowsOf } from '../shape.ts';
import type { Ask, Given } from '../strategy.ts';

/** Settings that strategies which put prompts into other words have in common. */
export interface RewritingSettings {
  strategy: string;
  generator: string;
  count: number;
  perAsk: number;
  guidance?: string | undefined;
  labels?: readonly string[] | undefined;
}

/** An ask to put the prompt of one row into other words. */
export function rewritingAsk(
  settings: RewritingSettings,
  given: Given,
  { row, index, rows, task, variant }: { row: Row; index: number; rows: number; task: string; variant?: string },
): Ask {
  const number = given.task ?? 0;
  const seed = seedOf(given.seed, number, index);
  const { item, shown } = rewriteOf(row, given);
  const schema = rowsOf(item, rows);
  const data = [
    { title: 'The text', text: shown },
    { title: 'What it is answered with, unchanged', text: answerOf(row) },
  ];
  return {
    generator: settings.generator,
    task: number,
    index,
    messages: messagesOf({ task, guidance: settings.guidance, data, schema, seed }),
    schema,
    seed,
    parents: [row.id],
    ...(row.label === undefined ? {} : { label: row.label }),
    rows,
    ...(variant === undefined ? {} : { variant }),
  };
}

/** The real rows that asks are about, one an ask, and how many rows each shall give: all rows in turn, in an order by the seed. */
export function parentsOf(
  settings: RewritingSettings,
  given: Given,
): { row: Row; index: number; rows: number; round: number }[] {
  const seeds = shuffled(
    seedsOf(given, settings.strategy, settings.labels),
    seedOf(given.seed, given.task ?? 0, settings.strategy),
  );
  return portions(settings.count, settings.perAsk).map((rows, index) => ({
    row: seeds[index % seeds.length] as Row,
    index,
    rows,
    round: Math.floor(index / seeds.length),
  }));
}

/** Rows with the prompts of an answer and all else of the row they are made from. */
export function readRewriting(ask: Ask, answer: unknown, given: Given): Content[] | string {
  const row = rowById(given, ask.parents[0]);
  if (!row) return 'the row that it was made from is not among the training rows';
  const { content } = rewriteOf(row, given);
  return allOrReason(itemsIn(answer).map(content));
}

/** Every row, or the first reason why one of them cannot be one. */
export function allOrReason(contents: readonly (Content | string)[]): Content[] | string {
  const whole = contents.filter((content) => typeof content !== 'string');
  return whole.length === contents.length ? whole : (contents.find((content) => typeof content === 'string') as string);
}
