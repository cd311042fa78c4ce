import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/toolchain.js';

/** One figure with what it should be. */
export interface Aim {
  name: string;
  value: number;
  /** Not to be exceeded, in the unit that the name ends with. */
  aim: number;
  ok: boolean;
}

/** A benchmark measures side by side in one run and gives its figures; what it prints goes to stderr. */
export type Benchmark = () => Promise<Aim[]>;

/** Every benchmark, by the name it is called with: `npm run bench -- NAME [--json]`. */
const benchmarks: Record<string, () => Promise<Benchmark>> = {
  overhead: async () => (await import('./overhead/overhead.ts')).overhead,
};

const [name, ...options] = process.argv.slice(2);
const load = name === undefined ? undefined : benchmarks[name];
if (name === undefined || !load || options.some((option) => option !== '--json')) {
  console.error(`usage: npm run bench -- NAME [--json], where NAME is one of ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}

const aims = await (await load())();
const ok = aims.every((aim) => aim.ok);
log(name, aims);
if (options.includes('--json')) console.log(JSON.stringify({ ok, aims }, undefined, 2));
else
  for (const { name: what, value, aim, ok: met } of aims)
    console.log(`${met ? 'ok  ' : 'MISS'} ${what}: ${value} (aim ${aim})`);
process.exitCode = ok ? 0 : 1;

/** Appends the figures with command and machine, so that they can be repeated and compared. */
function log(benchmark: string, figures: readonly Aim[]): void {
  const path = join(root, 'bench', 'LOG.md');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}`;
  const rows = figures.map(
    ({ name: what, value, aim, ok: met }) => `| ${what} | ${value} | ${aim} | ${met ? 'yes' : 'no'} |`,
  );
  const entry = [
    `## ${new Date().toISOString().slice(0, 10)} ${benchmark}, ${version}`,
    '',
    `\`npm run bench -- ${benchmark}\` on ${machine}`,
    '',
    '| figure | value | aim: at most | met |',
    '|---|---|---|---|',
    ...rows,
    '',
    '',
  ].join('\n');
  if (!existsSync(path))
    writeFileSync(path, '# Measurements\n\nEach entry was appended by the command it names; newest last.\n\n');
  appendFileSync(path, entry);
}
