import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, matchesGlob, relative } from 'node:path';
import { systemCode, terminal } from '../../configs/failure.ts';
import { cardSplits } from './card.ts';
import { containerByName } from './container.ts';
import { someOf, statOf, unreadable } from './file.ts';
import { inOrder } from './order.ts';

/** Names of splits as the Hugging Face hub knows them in file names. */
const KEYWORDS: Record<string, readonly string[]> = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'val', 'dev'],
  test: ['test', 'testing', 'eval', 'evaluation'],
};
/** JSON files that describe a data set and hold no rows. */
const ABOUT = /^(?:dataset_infos?|dataset_dict|state|config|metadata)\.json$/;

/** Files of each split, by the name of the split. */
export type Splits = Map<string, string[]>;

/**
 * The files of a Hugging Face dataset folder: what `save_to_disk` writes, or a repository of the hub with its
 * README.md, or a folder of data files. Of several splits the one that is asked for, `config/split` if the README
 * knows several configurations.
 * @throws TerminalError `BadData` for no data set, for a split it does not have, and for several when none is named.
 */
export async function filesOfFolder(folder: string, asked?: string): Promise<string[]> {
  const splits = (await savedSplits(folder)) ?? (await hubSplits(folder));
  if (splits.size === 0) {
    const names = await readdir(folder);
    const wanted = 'data files (JSONL, JSON, CSV, TSV, Parquet, Arrow), or what save_to_disk of datasets writes';
    throw terminal('BadData', `${folder} is no data set: expected ${wanted}; it holds ${someOf(names)}`, { folder });
  }
  const listed = [...splits].map(([name, files]) => `${name} (${files.length} file${files.length === 1 ? '' : 's'})`);
  if (asked === undefined) {
    const [only] = splits.values();
    if (splits.size === 1 && only) return only;
    const example = `${folder}#${[...splits.keys()][0]}`;
    throw terminal('BadData', `${folder} has several splits: ${listed.join(', ')}. Name one, as in ${example}`, {
      folder,
    });
  }
  const files = splits.get(asked) ?? splits.get(splitOfWord(asked) ?? asked);
  if (files) return files;
  throw terminal('BadData', `${folder} has no split "${asked}"; it has ${listed.join(', ')}`, { folder });
}

/** What `save_to_disk` wrote: Arrow files beside state.json, or one such folder for each split. */
async function savedSplits(folder: string): Promise<Splits | undefined> {
  const dictionary = await jsonIn(folder, 'dataset_dict.json');
  if (dictionary) {
    const names = Array.isArray(dictionary['splits']) ? dictionary['splits'].filter((n) => typeof n === 'string') : [];
    const splits: Splits = new Map();
    for (const name of names) {
      const inner = inside(folder, name);
      splits.set(name, await savedFiles(inner));
    }
    return splits;
  }
  const names = await readdir(folder);
  const isSaved = names.includes('state.json') || names.includes('dataset_info.json');
  if (!isSaved || !names.some((name) => name.endsWith('.arrow'))) return undefined;
  const state = await jsonIn(folder, 'state.json');
  const split = typeof state?.['_split'] === 'string' ? state['_split'] : 'train';
  return new Map([[split, await savedFiles(folder)]]);
}

async function savedFiles(folder: string): Promise<string[]> {
  const state = await jsonIn(folder, 'state.json');
  const listed = Array.isArray(state?.['_data_files']) ? (state['_data_files'] as { filename?: unknown }[]) : [];
  const named = listed.flatMap((file) => (typeof file?.filename === 'string' ? [inside(folder, file.filename)] : []));
  if (named.length > 0) return named;
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith('.arrow')).map((name) => join(folder, name));
  if (files.length > 0) return files.toSorted(inOrder);
  throw terminal('BadData', `${folder} is part of a saved data set and has no .arrow file: copy it whole`, { folder });
}

async function hubSplits(folder: string): Promise<Splits> {
  const files = await dataFilesIn(folder);
  const readme = (await textIn(folder, 'README.md')) ?? '';
  const card = cardSplits(readme, join(folder, 'README.md'));
  const splits: Splits = new Map();
  for (const { split, patterns } of card) {
    const matching = patterns.map((pattern) => relative(folder, inside(folder, pattern)));
    const found = files.filter((file) => matching.some((pattern) => isUnder(relative(folder, file), pattern)));
    if (found.length === 0) {
      const message = `${folder}/README.md names ${patterns.join(', ')} for split "${split}", and no such file is there`;
      throw terminal('BadData', message, { folder });
    }
    splits.set(split, found);
  }
  if (card.length > 0) return splits;
  const sorted = files.map((file) => ({ file, split: splitOfPath(relative(folder, file)) }));
  const areSplit = sorted.some(({ split }) => split !== undefined);
  for (const { file, split = 'train' } of sorted) {
    // Files that name no split beside others that do are something else, e.g. a list of labels.
    if (areSplit && splitOfPath(relative(folder, file)) === undefined) continue;
    splits.set(split, [...(splits.get(split) ?? []), file]);
  }
  return splits;
}

const isUnder = (path: string, pattern: string): boolean =>
  path === pattern || path.startsWith(`${pattern}/`) || matchesGlob(path, pattern);

/** Every data file below a folder, each folder once, hidden ones left out. */
async function dataFilesIn(root: string): Promise<string[]> {
  const files: string[] = [];
  const seen = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    const real = await realpath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    for (const name of await readdir(folder)) {
      if (name.startsWith('.') || ABOUT.test(name)) continue;
      const path = join(folder, name);
      const isData = containerByName(name) !== undefined;
      // A link that leads nowhere is a missing part of the data if it has the name of a data file.
      const found = isData ? await statOf(path) : await stat(path).catch(() => undefined);
      if (found?.isDirectory()) await visit(path);
      else if (isData) files.push(path);
    }
  };
  try {
    await visit(root);
  } catch (error) {
    throw unreadable(root, error) ?? error;
  }
  return files.toSorted(inOrder);
}

/** The split that a word means, e.g. `dev`. */
function splitOfWord(word: string): string | undefined {
  return Object.entries(KEYWORDS).find(([, words]) => words.includes(word.toLowerCase()))?.[0];
}

/** The first word in a path that names a split: `data/train-00000-of-00002.parquet`, `dev/rows.jsonl`. */
function splitOfPath(path: string): string | undefined {
  const words = path.split(/[^A-Za-z]+/);
  return words.map(splitOfWord).find((split) => split !== undefined);
}

/** A path in the folder; what comes from a file in it must not lead out of it. */
function inside(folder: string, path: string): string {
  const joined = join(folder, path);
  const isOut = relative(folder, joined).split('/')[0] === '..' || path.startsWith('/');
  if (isOut) throw terminal('BadData', `${folder} names the file ${path}, which is not in that folder`, { folder });
  return joined;
}

async function textIn(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw unreadable(join(folder, name), error) ?? error;
  }
}

async function jsonIn(folder: string, name: string): Promise<Record<string, unknown> | undefined> {
  const text = await textIn(folder, name);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, like any other text that is no object.
  }
  throw terminal('BadData', `${join(folder, name)} is no JSON object: copy the data set again`, { folder });
}
