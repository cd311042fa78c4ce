import { passTokens } from '../../adapters/openai/tokens.ts';
import { TerminalError } from '../../configs/failure.ts';
import { limitsOf, type Limits } from '../../configs/limits.ts';
import { VENDORS } from '../../configs/names.ts';
import { trainingPrice } from '../../configs/prices.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { estimateTuning, type Passes, type Range } from '../../data/estimate.ts';
import { writeRow } from '../../data/formats/export.ts';
import { rowsIn } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import { countTokens, estimateTokens } from '../../data/tokens/count.ts';
import type { TokenCounter } from '../../data/tokens/counter.ts';
import { openaiCounter } from '../../data/tokens/openai.ts';
import { roughCounter } from '../../data/tokens/rough.ts';
import type { Preflight } from '../preflight.ts';
import { placed, refusals, type Met, type NamePlace } from './notes.ts';

/** A model of a vendor, as far as this project knows it. */
export interface VendorModel {
  name: string;
  limits: Limits;
  /** A text says why its tokens cannot be counted. */
  counter: TokenCounter | string;
}

/** Null when nothing is known of a model. */
export async function vendorNamed(name: string): Promise<VendorModel | null> {
  const limits = limitsOf(name);
  if (!limits || limits.vendor === 'mlx') return null;
  const counter =
    limits.vendor === 'openai'
      ? await openaiCounter('o200k_base')
      : `the tokenizer of ${name} is not public: rows are held against its limit by their characters`;
  return { name, limits, counter };
}

/** What a vendor would refuse, cut and bill of the rows as prepared. */
export async function weighForVendor(
  model: VendorModel,
  tune: Recipe['tune'],
  train: string,
  report: Preflight,
  place: NamePlace,
): Promise<void> {
  const { name, limits, counter } = model;
  const max = limits.maxTokens ?? tune.maxTokens;
  const rows = rowsIn<Row>(train);
  let total: Range;
  let count: number;
  if (typeof counter === 'string') {
    const tokens = await estimateTokens(rows, roughCounter(), { max });
    ({ total, rows: count } = tokens);
    report.tokens = `about ${figure(total.low)} to ${figure(total.high)}, from the characters: the tokenizer of ${name} is not public`;
    report.notes.push(
      ...refusals(tokens.refused, place),
      ...tooLong(tokens.likelyOver, max, limits, place),
      ...tooLong(tokens.perhapsOver, max, limits, place, true),
    );
  } else {
    const tokens = await countTokens(rows, counter, { max });
    report.tokens = tokens;
    ({ total, rows: count } = tokens);
    if (tune.objective === 'preference') total = await bothAnswers(name, train);
    report.notes.push(...refusals(tokens.refused, place), ...tooLong(tokens.overLimit, max, limits, place));
  }
  checkForm(name, limits, train, report, place);
  checkValidation(model, tune, count, report);
  const wanted = wantedRows(limits, count);
  if (wanted !== undefined) {
    const message = `${name} takes ${wanted} training rows (${limits.source}, ${limits.checked}), and ${count} are left`;
    report.problems.push({ path: 'data.train.uri', message });
  }
  try {
    const price = trainingPrice({ model: name, given: tune.price });
    report.price = { source: price.source, ...(price.checked === undefined ? {} : { checked: price.checked }) };
    report.estimate = estimateTuning({ tokens: total, passes: passesOf(tune, count), price });
    report.estimate.seconds = { unknown: 'the vendor says nothing of it beforehand' };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    report.problems.push({ path: 'tune.price', message: error.message });
  }
}

/** Tokens of all rows as they are billed: both answers of a pair are read, each behind the prompt. */
async function bothAnswers(name: string, train: string): Promise<Range> {
  const tokensOf = await passTokens(name, { exact: true });
  let sum = 0;
  for (const row of rowsIn<Row>(train)) sum += tokensOf(row);
  return { low: sum, high: sum };
}

/** Epochs that an estimate supposes where the vendor chooses them. */
const SUPPOSED_EPOCHS = 3;

/** How often the vendor goes through the rows. For a look at one that the recipe does not name: as often as our trainer. */
function passesOf(tune: Recipe['tune'], rows: number): Passes {
  if (!VENDORS.includes(tune.tuner)) return { iterations: tune.iterations, batchSize: tune.batchSize, rows };
  const { epochs } = (tune.tuner === 'vertex' ? tune.vertex : tune.openai) ?? {};
  return { epochs: typeof epochs === 'number' ? epochs : SUPPOSED_EPOCHS };
}

/** Rows that the vendor would be given to validate on: more than it takes are refused. */
function checkValidation({ name, limits }: VendorModel, tune: Recipe['tune'], rows: number, report: Preflight): void {
  const { maxValidationRows } = limits;
  const { validation = tune.choose?.checkpoint === 'best' ? tune.choose.dev : 0 } =
    (tune.tuner === 'openai' ? tune.openai : tune.vertex) ?? {};
  const held = Math.round(rows * validation);
  if (!VENDORS.includes(tune.tuner) || maxValidationRows === undefined || held <= maxValidationRows) return;
  const message = `${name} takes at most ${figure(maxValidationRows)} validation rows (${limits.source}, ${limits.checked}), and ${validation} of ${figure(rows)} rows are about ${figure(held)}: lower it`;
  report.problems.push({ path: `tune.${tune.tuner}.validation`, message });
}

const figure = (value: number): string => value.toLocaleString('en-US');

function wantedRows({ minRows = 0, maxRows = Number.POSITIVE_INFINITY }: Limits, rows: number): string | undefined {
  if (rows < minRows) return `at least ${figure(minRows)}`;
  return rows > maxRows ? `at most ${figure(maxRows)}` : undefined;
}

function tooLong(over: Met<object>, max: number, { longer }: Limits, place: NamePlace, perhaps = false): string[] {
  if (over.count === 0) return [];
  const [rows, are, their] = over.count === 1 ? ['row', 'is', 'its end'] : ['rows', 'are', 'their ends'];
  const cut = longer === 'cut' ? `, and the vendor would cut ${their} off` : '';
  return [`${over.count} ${rows} ${perhaps ? 'may be' : are} longer than ${max} tokens${cut}: ${placed(over, place)}`];
}

/** What a person knows to be ours alone, and does not miss in a vendor's file. */
const BESIDE: ReadonlySet<string> = new Set(['label', 'columns', 'origin']);
const PLACES_KEPT = 5;
/** As `writeRow` calls it. */
const MESSAGE_WEIGHT = 'message weight';

/** Whether a row has an answer that is not to be learned; other weights change nothing. */
const isUnlearned = ({ messages }: Row): boolean =>
  messages.some(({ role, weight }) => role === 'assistant' && weight === 0);

/** Writes every row as the vendor takes it: what its form cannot hold is noted by line, a file too large is a problem. */
function checkForm(
  name: string,
  { vendor, maxFileBytes }: Limits,
  train: string,
  report: Preflight,
  place: NamePlace,
): void {
  const met = new Map<string, Met<object>>();
  let bytes = 0;
  for (const row of rowsIn<Row>(train)) {
    const { value, lost } = writeRow(row, vendor === 'openai' ? 'openai' : 'vertex');
    if (value) bytes += Buffer.byteLength(JSON.stringify(value)) + 1;
    for (const kind of new Set(lost)) {
      if (value && (BESIDE.has(kind) || (kind === MESSAGE_WEIGHT && !isUnlearned(row)))) continue;
      const what = value
        ? `the form of ${vendor} has no place for ${kind}${kind === MESSAGE_WEIGHT ? ', so answers of weight 0 are learned as well' : ''}`
        : `${vendor} takes no such row: ${kind}`;
      const found = met.get(what) ?? { first: [], count: 0 };
      found.count += 1;
      if (found.first.length < PLACES_KEPT) found.first.push({ source: row.source, line: row.line });
      met.set(what, found);
    }
  }
  for (const [what, found] of met) report.notes.push(`${what}: ${placed(found, place)}`);
  if (maxFileBytes === undefined || bytes <= maxFileBytes) return;
  const message = `${name} takes a training file of at most ${figure(maxFileBytes)} bytes, and this one would have ${figure(bytes)}`;
  report.problems.push({ path: 'data.train.uri', message });
}
