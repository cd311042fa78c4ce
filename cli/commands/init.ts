import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { root } from '../../scripts/toolchain.js';
import { UsageError } from '../command.ts';
import { print, printJson } from '../output.ts';

/** How many rows of the example become sample rows. */
const SAMPLE_ROWS = 400;

/** Writes a recipe, sample rows and a tiny base model that run as they are. Overwrites nothing. */
export async function init(flags: { json: boolean }, folder = '.'): Promise<void> {
  const target = resolve(folder);
  const files = {
    recipe: join(target, 'recipe.yaml'),
    rows: join(target, 'data', 'rows.jsonl'),
    base: join(target, 'base'),
  };
  for (const path of Object.values(files)) {
    if (existsSync(path))
      throw new UsageError(`${path} is there already, and init overwrites nothing: name another folder`);
  }
  const example = join(root, 'examples', 'support-triage');
  const rows = (await readFile(join(example, 'data', 'train.jsonl'), 'utf8')).split('\n').slice(0, SAMPLE_ROWS);
  await mkdir(join(target, 'data'), { recursive: true });
  await cp(join(example, 'base'), files.base, { recursive: true });
  await writeFile(files.rows, `${rows.join('\n')}\n`);
  // Last: a folder with a recipe is complete.
  await writeFile(
    files.recipe,
    await readFile(new URL('../../configs/examples/starter.yaml', import.meta.url), 'utf8'),
  );
  if (flags.json) return printJson(files);
  const shown = relative(process.cwd(), files.recipe);
  print(`made ${shown}, ${relative(process.cwd(), files.rows)} and ${relative(process.cwd(), files.base)}/`);
  print(`next: anneal run ${shown}`);
}
