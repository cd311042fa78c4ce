import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { promptTokensOf } from '../../adapters/endpoint/dialect.ts';
import { endpointKind } from '../../adapters/endpoint/kind.ts';
import { reach } from '../../adapters/endpoint/reach.ts';
import { modelFolderProblem } from '../../adapters/mlx/model-folder.ts';
import { vertexWriterKind } from '../../adapters/vertex/writer-kind.ts';
import { versionNamed } from '../../artifacts/ledger/models.ts';
import { systemCode, terminal, TerminalError } from '../../configs/failure.ts';
import { parseName } from '../../configs/names.ts';
import { nearest } from '../../configs/nearest.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { AnyFilter } from '../../configs/synthesis-filters.ts';
import type { Generator, Synthesize } from '../../configs/synthesis.ts';
import type { Range } from '../../data/estimate.ts';
import { rowsIn } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import { ALL_FOLLOW_UPS } from '../../data/synthesis/filters/all.ts';
import { givenFrom } from '../../data/synthesis/given.ts';
import { readGrammar, type Grammar } from '../../data/synthesis/grammar.ts';
import { planTask } from '../../data/synthesis/plan.ts';
import type { Ask, Given } from '../../data/synthesis/strategy.ts';
import type { Preflight } from '../preflight.ts';
import type { Shelf } from './open.ts';

/** What a synthesis may ask for. */
export interface SynthesisEstimate {
  /** Requests: from no repairs and no row to judge, to a repair of every reply and every row judged. */
  asks: Range;
  /** Prompts and answers: from one token an answer to the longest. */
  tokens: Range;
  /** null: a price is not known. */
  usd: Range | null;
}

/** Looks whether every generator and judge of a recipe is there and would take a request. */
export async function checkGenerators(
  { synthesize, evaluate }: Recipe,
  shelf: Shelf | undefined,
  report: Preflight,
): Promise<void> {
  const asked = [
    ...Object.entries(synthesize?.generators ?? {}).map(
      ([name, generator]) => [`synthesize.generators.${name}`, name, generator] as const,
    ),
    ...Object.entries(evaluate.judges ?? {}).map(
      ([name, { generator }]) => [`evaluate.judges.${name}.generator`, name, generator] as const,
    ),
  ];
  const { embeddings } = evaluate;
  const found = embeddings && (await reach(embeddings));
  if (found && 'problem' in found)
    report.problems.push({ path: `evaluate.embeddings.${found.problem.field}`, message: found.problem.message });
  await Promise.all(
    asked.map(async ([path, name, generator]) => {
      const found = await checkGenerator(name, generator, shelf);
      if (found?.problem) report.problems.push({ path: `${path}.${found.field}`, message: found.problem });
      if (found?.note) report.notes.push(found.note);
    }),
  );
}

type Found = { field: string; problem: string; note?: never } | { note: string; problem?: never } | undefined;

async function checkGenerator(name: string, generator: Generator, shelf: Shelf | undefined): Promise<Found> {
  if (generator.kind === 'grammar') {
    const grammar = await grammarOf(generator.file);
    return typeof grammar === 'string' ? { field: 'file', problem: grammar } : undefined;
  }
  if (generator.kind === 'mlx') {
    const problem = await modelProblem(generator.model, shelf);
    return problem === undefined ? undefined : { field: 'model', problem };
  }
  if (generator.kind === 'vertex') {
    const problem = parseName(generator.model) ? await modelProblem(generator.model, shelf) : undefined;
    return problem === undefined ? undefined : { field: 'model', problem };
  }
  const found = await reach(generator);
  if ('problem' in found) return { field: found.problem.field, problem: found.problem.message };
  if (found.models.length === 0 || found.models.includes(generator.model)) return undefined;
  const near = nearest(generator.model, found.models);
  const hint = near ? `: did you mean ${near}?` : ', which may still take it';
  return { note: `the generator ${name} asks for the model ${generator.model}, which its server does not list${hint}` };
}

async function modelProblem(model: string, shelf: Shelf | undefined): Promise<string | undefined> {
  if (isAbsolute(model)) return (await modelFolderProblem(model))?.replace(/^the base model/, 'the model');
  const named = parseName(model);
  if (!named) return undefined; // a Hugging Face name, which the run looks for
  const found = shelf && (await versionNamed(shelf.ledger, named));
  return found ? undefined : `there is no model ${model}: \`anneal models\` lists what there is`;
}

async function grammarOf(file: string): Promise<Grammar | string> {
  try {
    return readGrammar(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof TerminalError) return error.message;
    if (systemCode(error) === 'ENOENT') return `the grammar file ${file} is not there: check the path`;
    if (systemCode(error) === undefined) throw error;
    return `the grammar file ${file} cannot be read (${systemCode(error)}): check the path and its permissions`;
  }
}

/** Says how much may be asked and what that may cost. @param train File of the prepared training rows. */
export async function weighSynthesis({ synthesize, data }: Recipe, train: string, report: Preflight): Promise<void> {
  if (!synthesize) return;
  const given = givenFrom([...rowsIn<Row>(train)], data);
  const asks: Ask[] = [];
  for (const [number, task] of synthesize.tasks.entries()) {
    const generator = synthesize.generators[task.generator];
    const grammar = generator?.kind === 'grammar' ? await grammarOf(generator.file) : undefined;
    if (typeof grammar === 'string') return;
    try {
      asks.push(...planTask(synthesize, number, { ...given, ...(grammar ? { grammar } : {}) }));
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      report.problems.push({ path: `synthesize.tasks.${number}`, message: error.message });
    }
  }
  const synthesis = estimate(synthesize, asks, given);
  report.synthesis = synthesis;
  if (synthesis.asks.high === 0) return;
  const show = (range: Range, unit: string): string =>
    `${range.low.toLocaleString('en-US')} to ${range.high.toLocaleString('en-US')} ${unit}`;
  const { usd } = synthesis;
  const money =
    usd === null
      ? 'the price is not known'
      : usd.high === 0
        ? 'free'
        : `$${usd.low.toFixed(2)} to $${usd.high.toFixed(2)}`;
  const { tokens, usd: most } = synthesize.limits;
  const bounds = [
    ...(tokens === undefined ? [] : [`${tokens.toLocaleString('en-US')} tokens`]),
    ...(most === undefined ? [] : [`$${most}`]),
  ];
  const pause = bounds.length === 0 ? 'no limit is set' : `the run pauses at ${bounds.join(' or ')}`;
  report.notes.push(
    `synthesis: ${show(synthesis.asks, 'requests')}, ${show(synthesis.tokens, 'tokens')}, ${money}; ${pause}`,
  );
}

/** Rows that stand for those to come when the prompts that judge them are measured. */
const SAMPLE = 50;
/** What is said around a reply that is sent back, in tokens, generously. */
const REPAIR_TOKENS = 100;

function priceOf(generator: Exclude<Generator, { kind: 'grammar' }>): ReturnType<typeof endpointKind.priceOf> {
  if (generator.kind === 'mlx') return { inputPerMillion: 0, outputPerMillion: 0 };
  return generator.kind === 'vertex' ? vertexWriterKind.priceOf(generator) : endpointKind.priceOf(generator);
}

function estimate(settings: Synthesize, all: readonly Ask[], given: Omit<Given, 'task' | 'seed'>): SynthesisEstimate {
  const inWords = (name: string): boolean => settings.generators[name]?.kind !== 'grammar';
  const sum: SynthesisEstimate = { asks: { low: 0, high: 0 }, tokens: { low: 0, high: 0 }, usd: { low: 0, high: 0 } };
  const add = (ask: Ask, times: Range): void => {
    const generator = settings.generators[ask.generator];
    if (!generator || generator.kind === 'grammar') return;
    const { temperature, topP, maxTokens } = generator;
    const prompt = promptTokensOf({
      messages: ask.messages,
      schema: ask.schema,
      seed: 0,
      temperature,
      topP,
      maxTokens,
    });
    const price = priceOf(generator);
    // At most every reply is as long as it may be and is sent back once.
    const most = { prompt: 2 * prompt + maxTokens + REPAIR_TOKENS, answer: 2 * maxTokens };
    sum.asks.low += times.low;
    sum.asks.high += 2 * times.high;
    sum.tokens.low += times.low * (prompt + 1);
    sum.tokens.high += times.high * (most.prompt + most.answer);
    if (!price) sum.usd = null;
    if (!price || !sum.usd) return;
    sum.usd.low += (times.low * (prompt * price.inputPerMillion + price.outputPerMillion)) / 1e6;
    sum.usd.high += (times.high * (most.prompt * price.inputPerMillion + most.answer * price.outputPerMillion)) / 1e6;
  };
  for (const ask of all) if (inWords(ask.generator)) add(ask, { low: 1, high: 1 });
  const rows = all.reduce((total, ask) => total + (ask.rows ?? 1), 0);
  const stand = given.rows.slice(0, SAMPLE);
  for (const filter of settings.filters) {
    for (const ask of followUps(filter, stand, given, settings.seed))
      add(ask, { low: 0, high: rows / Math.max(1, stand.length) });
  }
  sum.asks.high = Math.round(sum.asks.high);
  sum.tokens.high = Math.round(sum.tokens.high);
  return sum;
}

/** What a filter would ask about rows. */
function followUps(filter: AnyFilter, rows: readonly Row[], given: Omit<Given, 'task' | 'seed'>, seed: number): Ask[] {
  const followUp = ALL_FOLLOW_UPS[filter.filter];
  if (!followUp) return [];
  const ask: Ask = { generator: '', task: 0, index: 0, messages: [], schema: {}, seed, parents: [] };
  const candidates = rows.map((row) => ({ row, ask }));
  const never = (): never => {
    throw terminal('Unexpected', 'no rows are counted here');
  };
  const world = { evalSets: [], countTokens: never, maxTokens: 0, seed, warn: () => undefined };
  return followUp.plan(filter, candidates, { ...world, given: { ...given, seed } });
}
