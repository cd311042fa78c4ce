import { findPython, versionsOf } from '../data/environment.ts';
import { tableOf } from '../data/data.ts';
import type { Outcome } from '../main.ts';
import { measureBootstrap } from './bootstrap.ts';
import { measureGate } from './gate.ts';
import { measureText } from './text.ts';

export const usage = '[--quick]';

/**
 * The metrics beside the Python programs that they are equal to, and what a gate takes over many items. `--quick` takes
 * a tenth or less of it, to try it out, and is not logged. Undefined: the options are others.
 */
export async function metrics(options: readonly string[]): Promise<Outcome | undefined> {
  const quick = options.includes('--quick');
  if (options.some((option) => option !== '--quick')) return undefined;
  const python = await findPython('metrics');
  const versions = await versionsOf(python, 'metrics', ['sacrebleu', 'rouge_score']);
  const figures = await measureText(python, quick);
  process.stderr.write('bootstrap …\n');
  figures.push(measureBootstrap(quick));
  process.stderr.write('gate …\n');
  figures.push(await measureGate(quick));
  return {
    ok: figures.every(({ met }) => met),
    aims: figures.map(({ row, ratio, met, ...rest }) => ({ name: row, value: ratio, ok: met, ...rest })),
    table: tableOf(figures),
    versions,
    isLogged: !quick,
  };
}
