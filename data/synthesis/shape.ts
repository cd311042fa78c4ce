import { columnsOf } from '../../configs/template.ts';
import { render, unusable } from '../template.ts';
import { answerOf, promptOf, textOf, type Content, type Message, type Row } from '../row.ts';
import type { Ask, Given } from './strategy.ts';

/** How a model is asked for a row: for the columns of the template, or else for the conversation. */
export interface Shape {
  /** JSON Schema of a whole row; with a class, whatever has to name it is fixed. */
  item(label: string | undefined): Record<string, unknown>;
  /** A real row in the same form, as JSON text. */
  show(row: Row): string;
  /** A row out of an item that fits the schema; a text says why it cannot be one. */
  content(item: unknown, ask: Ask, parent: Row | undefined): Content | string;
}

type Item = Record<string, unknown>;
const TEXT = { type: 'string', minLength: 1 } as const;

/** Schema of an object that has to have exactly these properties. */
export function objectOf(properties: Item): Item {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** Schema of an answer with up to `most` rows. The outermost value is an object because some servers take no other. */
export function rowsOf(item: Item, most: number): Item {
  return objectOf({ rows: { type: 'array', items: item, minItems: 1, maxItems: most } });
}

/** The rows of an answer that fits {@link rowsOf}. */
export function itemsIn(answer: unknown): Item[] {
  return (answer as { rows: Item[] }).rows;
}

/** Whether a row can be shown to a model and imitated by it: texts alone, asked by a user and answered. */
export function isSeed(row: Row): boolean {
  const all = [...row.messages, ...(row.chosen ?? [])];
  return (
    all.every(
      ({ role, content, tool_calls }) => role !== 'tool' && tool_calls === undefined && typeof content === 'string',
    ) &&
    promptOf(row).some(({ role }) => role === 'user') &&
    answerOf(row).trim() !== ''
  );
}

const looks = new WeakMap<readonly Row[], { answersWithLabel: boolean; isLong: boolean }>();

/** What the first rows tell about all; looked at once, since it is asked for every row that is read. */
function lookOf({ rows }: Given): { answersWithLabel: boolean; isLong: boolean } {
  let look = looks.get(rows);
  if (look) return look;
  const labelled = rows.filter(({ label }) => label !== undefined).slice(0, 50);
  const turns = rows
    .filter(isSeed)
    .slice(0, 200)
    .map((row) => promptOf(row).filter(({ role }) => role === 'user' || role === 'assistant').length);
  look = {
    answersWithLabel: labelled.length > 0 && labelled.every((row) => row.label === answerOf(row).trim()),
    isLong: turns.some((count) => count > 1),
  };
  looks.set(rows, look);
  return look;
}

/** Whether the class of a row is what it is answered with. */
export function answersWithLabel(given: Given): boolean {
  return lookOf(given).answersWithLabel;
}

/** The shape that the training rows have. */
export function shapeOf(given: Given): Shape {
  const { template } = given;
  if (template) return columns({ ...given, template });
  return lookOf(given).isLong ? conversation(given) : singleTurn(given);
}

function columns(given: Given & { template: NonNullable<Given['template']> }): Shape {
  const names = columnsOf(given.template);
  const naming = labelColumnOf(given);
  return {
    item: (label) =>
      objectOf(Object.fromEntries(names.map((name) => [name, name === naming ? oneOf(label, given) : TEXT]))),
    show: (row) =>
      JSON.stringify(
        hasColumns(row, names)
          ? Object.fromEntries(names.map((name) => [name, row.columns?.[name]]))
          : { prompt: lastUser(promptOf(row)), answer: answerOf(row) },
      ),
    content: (item, ask) => fromColumns(item as Item, ask, given),
  };
}

/** A row out of its columns, made as real rows are; a text says why it cannot be one. */
export function fromColumns(item: Item, ask: Pick<Ask, 'label'>, given: Given): Content | string {
  if (!given.template) return 'there is no template to make a conversation of columns';
  const { system, prompt, completion } = given.template;
  const problem = unusable(item, columnsOf(given.template)) ?? unfit(Object.values(item).map(String));
  if (problem !== undefined) return problem;
  const answer = render(completion, item);
  const messages: Message[] = [
    ...(system === undefined ? [] : [{ role: 'system' as const, content: render(system, item) }]),
    { role: 'user', content: render(prompt, item) },
    { role: 'assistant', content: answer },
  ];
  const { labelColumn } = given;
  const named = labelColumn === undefined ? undefined : item[labelColumn];
  const { label } = labelled(named === undefined ? undefined : String(named), answer, ask, given);
  if (label === undefined) return { messages, columns: item };
  // A column that no template names still says the class when the row is written out.
  return { messages, label, columns: labelColumn === undefined ? item : { ...item, [labelColumn]: label } };
}

function singleTurn(given: Given): Shape {
  const isLabel = answersWithLabel(given);
  return {
    item: (label) => objectOf({ prompt: TEXT, answer: isLabel ? oneOf(label, given) : TEXT }),
    show: (row) => JSON.stringify({ prompt: lastUser(promptOf(row)), answer: answerOf(row) }),
    content(item, ask, parent) {
      const { prompt, answer } = item as { prompt: string; answer: string };
      const turns = [
        { role: 'user', content: prompt.trim() },
        { role: 'assistant', content: answer.trim() },
      ] as const;
      return fromTurns(turns, ask, parent, given);
    },
  };
}

function conversation(given: Given): Shape {
  const turn = objectOf({ role: { enum: ['user', 'assistant'] }, content: TEXT });
  return {
    item: () => objectOf({ messages: { type: 'array', items: turn, minItems: 2, maxItems: 40 } }),
    show: (row) =>
      JSON.stringify({
        messages: [...promptOf(row), { role: 'assistant', content: answerOf(row) }]
          .filter(({ role }) => role === 'user' || role === 'assistant')
          .map(({ role, content }) => ({ role, content })),
      }),
    content(item, ask, parent) {
      const turns = (item as { messages: { role: 'user' | 'assistant'; content: string }[] }).messages;
      if (turns.some(({ role }, i) => role !== (i % 2 === 0 ? 'user' : 'assistant')) || turns.length % 2 !== 0)
        return 'user and assistant do not take turns, from a user to an answer';
      return fromTurns(turns, ask, parent, given);
    },
  };
}

function fromTurns(
  turns: readonly { role: 'user' | 'assistant'; content: string }[],
  ask: Ask,
  parent: Row | undefined,
  given: Given,
): Content | string {
  const texts = turns.map(({ content }) => content);
  const problem = unfit(texts) ?? (texts.some((text) => text.trim() === '') ? 'a message is blank' : undefined);
  if (problem !== undefined) return problem;
  // An instruction is the recipe's or the data's; a model does not write one.
  const head = parent?.messages.filter(({ role }) => role === 'system' || role === 'developer') ?? [];
  return { messages: [...head, ...turns], ...labelled(undefined, (texts.at(-1) as string).trim(), ask, given) };
}

/** What keeps texts from being kept in a row. */
export function unfit(texts: readonly string[]): string | undefined {
  if (texts.some((text) => text.includes('\u0000'))) return 'a text holds a NUL character';
  if (texts.some((text) => !text.isWellFormed())) return 'a text holds half a surrogate pair';
  return undefined;
}

function labelled(
  named: string | undefined,
  answer: string,
  ask: Pick<Ask, 'label'>,
  given: Given,
): { label?: string } {
  const label = named ?? (answersWithLabel(given) ? answer : ask.label);
  return label === undefined ? {} : { label };
}

/** The column that names the class: the one the recipe says, or the one that alone is the answer. */
function labelColumnOf(given: Given): string | undefined {
  if (given.labelColumn !== undefined || !given.template) return given.labelColumn;
  const whole = /^\s*\{\{\s*([^{}]+?)\s*\}\}\s*$/.exec(given.template.completion)?.[1];
  return answersWithLabel(given) ? whole : undefined;
}

/** More classes than this in a schema cost more than they help. */
const MOST_CHOICES = 100;

function oneOf(label: string | undefined, given: Given): Item {
  if (label !== undefined) return { enum: [label] };
  const known = [...given.labels.keys()].toSorted();
  return known.length > 0 && known.length <= MOST_CHOICES ? { enum: known } : TEXT;
}

/** Whether a row still has the columns that it was made of. */
export function hasColumns(row: Row, names: readonly string[]): boolean {
  return row.columns !== undefined && unusable(row.columns, names) === undefined;
}

/** Text of the last user message. */
export function lastUser(messages: readonly Message[]): string {
  const last = messages.findLast(({ role }) => role === 'user');
  return last ? textOf(last) : '';
}
