import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Outcome } from '../main.ts';
import { findPython, versionsOf } from './environment.ts';
import { ROW_NAMES, type Figure, type RowName } from './support.ts';

const TOOLS = ['datasets', 'datasketch', 'rensa', 'tiktoken', 'tokenizers', 'numpy'];

export const usage = `[--only ${ROW_NAMES.join('|')}] [--quick]`;

/**
 * Data preparation beside the Python tools for the same work, one row after the other, each in a process of its own.
 * `--only ROW` measures one; `--quick` takes a fifth of the rows of the pipeline, to try it out, and is not logged.
 * Undefined: the options are others.
 */
export async function data(options: readonly string[]): Promise<Outcome | undefined> {
  const left = [...options];
  const take = (option: string, length: number): string[] | undefined => {
    const at = left.indexOf(option);
    return at === -1 ? undefined : left.splice(at, length);
  };
  const quick = take('--quick', 1) !== undefined;
  const only = take('--only', 2);
  const names = ROW_NAMES.filter((name) => !only || name === only[1]);
  if (left.length > 0 || names.length === 0) return undefined;

  const python = await findPython('data');
  const versions = await versionsOf(python, 'data', TOOLS);
  const figures: Figure[] = [];
  for (const name of names) {
    process.stderr.write(`${name} …\n`);
    figures.push(...(await measure(name, python, quick)));
  }
  return {
    ok: figures.every(({ met }) => met),
    aims: figures.map(({ row, ratio, met, ...rest }) => ({ name: row, value: ratio, ok: met, ...rest })),
    table: tableOf(figures),
    versions,
    isLogged: !quick,
  };
}

async function measure(name: RowName, python: string, quick: boolean): Promise<Figure[]> {
  const script = join(import.meta.dirname, 'measure.ts');
  const child = spawn(process.execPath, [script, name, ...(quick ? ['--quick'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ANNEAL_BENCH_PYTHON: python },
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`the row ${name} could not be measured: what went wrong is said above`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Figure[];
}

/** The figures as a Markdown table, and their notes as a list below it. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ row, ours, beside, ratio, aim, met }) =>
    [row, ours, beside, ratio === undefined ? '–' : `${ratio.toFixed(2)} ×`, aim, met ? 'yes' : 'no'].join(' | '),
  );
  const notes = figures.flatMap(({ row, notes: said }) =>
    said.length === 0 ? [] : [`- ${row.split(':')[0]}: ${said.join('; ')}`],
  );
  return [
    '| work | ours | beside | ratio | aim | met |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
    '',
    ...notes,
  ].join('\n');
}
