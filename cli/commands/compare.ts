import { formatProblem, readRecipe } from '../../configs/recipe-file.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { comparisonDocument, comparisonPage, runComparison, type Compared } from '../../worker/comparing/run.ts';
import { BadPredictions } from '../../worker/scoring/rows.ts';
import { findHome } from '../../worker/home.ts';
import { EXIT, UsageError } from '../command.ts';
import { paint, print, printJson, table } from '../output.ts';
import { readingOf } from '../shelf.ts';
import { writeOutput } from '../write-output.ts';

interface CompareFlags {
  test?: string;
  metric?: readonly string[];
  recipe?: string;
  apiKey?: string;
  report?: string;
  json: boolean;
}

interface DecisionFlags {
  decides?: string;
  minGain?: string;
  confidence?: string;
  exitVerdict: boolean;
}

/** Compares two models, endpoints or files of predictions. */
export async function compare(
  flags: CompareFlags & DecisionFlags,
  candidate: string,
  champion: string,
): Promise<number> {
  const found = await work(flags, candidate, champion);
  const { verdict, reasons } = found.decision;
  if (!flags.json) {
    print(`verdict  ${paint(verdict === 'promote' ? 'green' : 'yellow', verdict)}`);
    for (const reason of reasons) print(`  - ${reason}`);
    print(`\n${metricTable(found)}`);
  }
  if (!flags.exitVerdict) return EXIT.done;
  return verdict === 'reject' ? EXIT.reject : verdict === 'inconclusive' ? EXIT.inconclusive : EXIT.done;
}

/** Looks at one model, endpoint or file of predictions by itself. */
export async function evaluate(flags: CompareFlags, target: string): Promise<void> {
  const found = await work(flags, target, undefined);
  if (!flags.json) print(metricTable(found));
}

async function work(
  flags: CompareFlags & Partial<DecisionFlags>,
  candidate: string,
  champion: string | undefined,
): Promise<Compared> {
  const recipe = recipeOf(flags.recipe);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const order = {
    candidate,
    ...(champion === undefined ? {} : { champion }),
    ...(flags.test === undefined ? {} : { test: flags.test }),
    reading: readingOf(flags.recipe === undefined ? {} : { recipe: flags.recipe }),
    ...(recipe ? { recipe } : {}),
    ...(flags.metric ? { metrics: flags.metric } : {}),
    ...(flags.decides === undefined ? {} : { decides: flags.decides }),
    ...numberFlag('min-gain', 'minGain', flags.minGain, 0, 100),
    ...numberFlag('confidence', 'confidence', flags.confidence, 0.5, 0.999_999),
    ...(flags.apiKey === undefined ? {} : { apiKey: flags.apiKey }),
    signal: stop.signal,
  };
  const found = await runComparison(order, findHome()).catch((error: unknown) => {
    if (error instanceof BadPredictions) throw new UsageError(error.message);
    throw error;
  });
  if (flags.report !== undefined) await writeOutput('--report', flags.report, comparisonPage(found));
  if (flags.json) printJson(comparisonDocument(found));
  return found;
}

function recipeOf(file: string | undefined): Recipe | undefined {
  if (file === undefined) return undefined;
  const { recipe, problems } = readRecipe(file);
  if (!recipe) throw new UsageError(problems.map(formatProblem).join('\n'), problems);
  return recipe;
}

function numberFlag<Key extends string>(
  flag: string,
  key: Key,
  text: string | undefined,
  low: number,
  high: number,
): { [K in Key]?: number } {
  if (text === undefined) return {};
  const value = Number(text);
  if (text.trim() === '' || !(value >= low && value <= high))
    throw new UsageError(`--${flag}: expected a number from ${low} to ${high}, found "${text}"`);
  return { [key]: value } as { [K in Key]?: number };
}

function metricTable({ metrics, sides }: Compared): string {
  const isOne = sides.candidate === sides.champion;
  const cell = ({ value, ci }: { value: number; ci: readonly [number, number] }): string =>
    `${value.toFixed(4)} (${ci[0].toFixed(4)} to ${ci[1].toFixed(4)})`;
  const rows = Object.entries(metrics).map(([name, { candidate, champion, gain }]) => [
    name,
    cell(candidate),
    ...(isOne ? [] : [cell(champion), cell(gain)]),
    String(candidate.n),
    candidate.unmeasured + champion.unmeasured === 0 ? '' : `${candidate.unmeasured} not measured`,
  ]);
  const titles = isOne
    ? ['metric (95 % interval)', sides.candidate.name, 'n', '']
    : ['metric (95 % interval)', sides.candidate.name, sides.champion.name, 'gain', 'n', ''];
  return table([titles.map((title) => paint('dim', title)), ...rows]);
}
