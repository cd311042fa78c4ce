import type { Judge } from '../../configs/judges.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { identify, type Message, type TestRow } from '../../data/row.ts';
import type { CalibrationItem } from '../../evaluation/judges/calibration.ts';
import type { JudgedRow } from '../../evaluation/judges/methods/method.ts';
import { BadLabels } from './bad-labels.ts';
import type { LabelRecord } from './records.ts';

/** One answer, or pair, with what people said of it; without labels it is one that only the judge looks at. */
export interface LabelledItem {
  row: JudgedRow;
  labels: { rater: string; value: number }[];
  slices: string[];
  length: number;
  family?: string;
  opponent?: string;
}

/** Rows of a test set by id, for labels that only name them. */
export type TestRows = ReadonlyMap<string, TestRow>;

/**
 * Rows that people labelled, one item for each answer or pair, with the labels of all raters together.
 * @throws BadLabels for the first row that cannot be used.
 */
export function labelledItems(
  judge: Judge,
  records: readonly LabelRecord[],
  test: TestRows | undefined,
): Map<string, LabelledItem> {
  const items = new Map<string, LabelledItem>();
  for (const record of records) {
    if (isSkipped(record)) continue;
    const { key, item } = itemOf(judge, record, test);
    const rater = textIn(record, 'rater');
    if (rater === undefined) throw wrong(record, 'has no "rater": name who labelled it, in a column rater');
    const known = items.get(key);
    if (!known) items.set(key, item);
    const into = known ?? item;
    into.labels.push({ rater, value: labelOf(judge, record) });
    into.slices = [...new Set([...into.slices, ...item.slices])];
  }
  return items;
}

/** A person saw it and passed it over, as `anneal rate` notes it. */
export const isSkipped = ({ value }: LabelRecord): boolean => value['choice'] === 'skipped';

/** Rows that only the judge is to look at, one item for each answer or pair. @throws BadLabels */
export function unlabelledItems(
  judge: Judge,
  records: readonly LabelRecord[],
  test: TestRows | undefined,
): Map<string, LabelledItem> {
  const items = new Map<string, LabelledItem>();
  for (const record of records) {
    const { key, item } = itemOf(judge, record, test);
    if (!items.has(key)) items.set(key, item);
  }
  return items;
}

/** An item as the comparison with people takes it. */
export function calibrationItem({ row, ...item }: LabelledItem, judge: number | null): CalibrationItem {
  const { labels, slices, length, family, opponent } = item;
  return { id: row.row.id, labels, judge, slices, length, family, opponent };
}

function itemOf(judge: Judge, record: LabelRecord, test: TestRows | undefined): { key: string; item: LabelledItem } {
  const row = askedIn(record, test);
  const isPair = judge.kind === 'pairwise';
  const candidate = answerIn(record, isPair ? 'candidate' : columnOfOne(record));
  const champion = isPair ? answerIn(record, 'champion') : null;
  const family = textIn(record, 'family');
  const opponent = textIn(record, 'opponent');
  return {
    key: canonicalJson([row.promptId, row.reference, candidate, champion]),
    item: {
      row: { row, candidate, champion },
      labels: [],
      slices: slicesIn(record),
      length: (candidate ?? '').length - (champion ?? '').length,
      ...(family === undefined ? {} : { family }),
      ...(opponent === undefined ? {} : { opponent }),
    },
  };
}

/** The one answer that was labelled: of a rating with a score the side that was shown. */
function columnOfOne({ value: { prediction, slot } }: LabelRecord): string {
  return prediction === undefined && (slot === 'candidate' || slot === 'champion') ? slot : 'prediction';
}

/** What the model was asked: in the row itself, or in the test set under the row's id. */
function askedIn(record: LabelRecord, test: TestRows | undefined): TestRow {
  const { value } = record;
  const id = textIn(record, 'id');
  const found = id === undefined ? undefined : test?.get(id);
  if (found) return { ...found, columns: { ...found.columns, ...value } };
  const asked = value['prompt'] ?? value['question'];
  const messages = typeof asked === 'string' && asked.trim() !== '' ? userSays(asked) : messagesIn(asked);
  if (!messages) {
    if (test && id !== undefined)
      throw wrong(record, `the test set has no row "${id}": give the set that was labelled`);
    throw wrong(record, 'has no "prompt": add the question, or "id" of a row and --test with the test set');
  }
  const reference = value['reference'];
  const row = identify({ messages, columns: value }, 0, 1);
  return { ...row, reference: typeof reference === 'string' ? reference : '', side: 'test' };
}

const userSays = (content: string): Message[] => [{ role: 'user', content }];

function messagesIn(value: unknown): Message[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const isMessage = (one: unknown): boolean =>
    typeof one === 'object' &&
    one !== null &&
    typeof (one as Message).role === 'string' &&
    typeof (one as Message).content === 'string';
  return value.every(isMessage) ? (value as Message[]) : undefined;
}

function answerIn(record: LabelRecord, column: string): string | null {
  const value = record.value[column];
  if (value === null || typeof value === 'string') return value;
  throw wrong(
    record,
    value === undefined
      ? `has no "${column}": write the answer that was labelled, or null where none came`
      : `"${column}" has to be a text or null`,
  );
}

const WORDS: Readonly<Record<string, number>> = { candidate: 1, a: 1, same: 0.5, champion: 0, b: 0 };

/** What a person said, from 0 to 1; of a pair for the candidate. */
function labelOf(judge: Judge, record: LabelRecord): number {
  const { label, choice, score } = record.value;
  const said = label ?? choice ?? score;
  if (said === undefined || said === null || said === '')
    throw wrong(record, 'has no "label": label it, or leave the row out (--predictions takes rows without labels)');
  if (judge.kind === 'pairwise') {
    const word = String(said).trim().toLowerCase();
    const value = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (value === undefined)
      throw wrong(record, `expected candidate (or A), champion (or B) or same as the label, found ${shown(said)}`);
    return value;
  }
  const [low, high] = judge.kind === 'pointwise' ? judge.scale : [0, 1];
  const value = typeof said === 'number' ? said : typeof said === 'string' && said.trim() !== '' ? Number(said) : NaN;
  if (!(value >= low && value <= high))
    throw wrong(record, `expected a label from ${low} to ${high}, found ${shown(said)}`);
  return (value - low) / (high - low);
}

function slicesIn(record: LabelRecord): string[] {
  const { slice, slices } = record.value;
  const all = slices ?? slice;
  const list = Array.isArray(all) ? all : [all];
  return list
    .filter((one): one is string | number => typeof one === 'string' || typeof one === 'number')
    .flatMap((one) => (String(one).trim() === '' ? [] : [String(one)]));
}

/** A text of a column; a number counts, blank is as if it were not there. */
function textIn({ value }: LabelRecord, column: string): string | undefined {
  const found = Object.hasOwn(value, column) ? value[column] : undefined;
  if (typeof found === 'number') return String(found);
  return typeof found === 'string' && found.trim() !== '' ? found : undefined;
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? 'nothing';

const wrong = ({ at }: LabelRecord, message: string): BadLabels => new BadLabels(`${at}: ${message}`);
