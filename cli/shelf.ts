import { existsSync } from 'node:fs';
import { FORMATS, type FormatName } from '../configs/data.ts';
import { isBaseRemote } from '../configs/names.ts';
import { nearest } from '../configs/nearest.ts';
import { slicedColumns } from '../configs/source-paths.ts';
import type { Reading, Shelf } from '../worker/datasets/open.ts';
import { UsageError } from './command.ts';
import { formatProblem, readRecipe } from '../configs/recipe-file.ts';
import { findHome } from '../worker/home.ts';
import { openShelfStore } from '../worker/shelf-store.ts';
import { noState, readState, withState } from './state.ts';

/** Works with the datasets of the state folder, where there is one. */
export async function withShelf<T>(work: (shelf: Shelf | undefined) => Promise<T>): Promise<T> {
  return existsSync(findHome().ledger) ? makeShelf(work) : work(undefined);
}

/** For commands that make no sense without datasets. */
export async function needShelf<T>(work: (shelf: Shelf) => Promise<T>): Promise<T> {
  return readState(({ home, ledger }) => work({ ledger, store: openShelfStore(home, ledger) }), noState);
}

/** For commands that make the state folder when it is not there. */
export async function makeShelf<T>(work: (shelf: Shelf) => Promise<T>): Promise<T> {
  return withState(({ home, ledger }) => work({ ledger, store: openShelfStore(home, ledger) }));
}

/** How rows of files are to be read, as flags say it. */
export interface ReadingFlags {
  format?: string;
  recipe?: string;
  label?: string;
}

/** @throws UsageError for a format that is none, or a recipe that is wrong. */
export function readingOf({ format, recipe, label }: ReadingFlags): Reading & { base?: string; maxTokens?: number } {
  const named = format === undefined ? {} : { format: formatNamed(format) };
  if (recipe === undefined) return { ...named, ...(label === undefined ? {} : { label }) };
  const { recipe: read, problems } = readRecipe(recipe);
  if (!read) throw new UsageError(problems.map(formatProblem).join('\n'), problems);
  const column = label ?? read.data.label;
  return {
    format: read.data.train.format,
    ...named,
    template: read.data.template,
    ...(column === undefined ? {} : { label: column }),
    keep: slicedColumns(read.evaluate.slices),
    ...(isBaseRemote(read) ? {} : { base: read.model.base }),
    maxTokens: read.tune.maxTokens,
  };
}

function formatNamed(name: string): FormatName | 'auto' {
  const known = ['auto', ...FORMATS] as const;
  const found = known.find((format) => format === name);
  if (found) return found;
  const near = nearest(name, known);
  throw new UsageError(
    `there is no row format "${name}": ${near ? `did you mean "${near}"?` : `the formats are ${known.join(', ')}`}`,
  );
}

/** A whole number given to a flag. @throws UsageError */
export function wholeNumber(flag: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new UsageError(`--${flag}: expected a whole number from 0 to ${most}, found "${text}"`);
}
