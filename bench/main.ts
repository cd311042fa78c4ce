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

/** What a benchmark found. */
export interface Outcome {
  /** Every aim is met. */
  ok: boolean;
  /** The figures, for `--json`. */
  aims: readonly unknown[];
  /** The figures as Markdown, for people and for the log. */
  table: string;
  /** What it was measured with, beside Node. */
  versions?: string;
  /** False: a trial, which is no measurement. Default true. */
  isLogged?: boolean;
}

/** A benchmark measures side by side in one run and gives its figures; what it prints goes to stderr. */
interface Benchmark {
  /** Its own options, for people. */
  usage: string;
  /** Undefined: it does not know these options. */
  run(options: readonly string[]): Promise<Outcome | undefined>;
}

/** Every benchmark, by the name it is called with: `npm run bench -- NAME [--json]`. */
const benchmarks: Record<string, () => Promise<Benchmark>> = {
  overhead: async () => {
    const { overhead } = await import('./overhead/overhead.ts');
    return { usage: '', run: async (options) => (options.length === 0 ? outcomeOf(await overhead()) : undefined) };
  },
  data: async () => {
    const { data, usage } = await import('./data/data.ts');
    return { usage, run: data };
  },
  metrics: async () => {
    const { metrics, usage } = await import('./metrics/metrics.ts');
    return { usage, run: metrics };
  },
  honesty: async () => {
    const { honesty, usage } = await import('./honesty/honesty.ts');
    return { usage, run: honesty };
  },
  continuous: async () => {
    const { continuous, usage } = await import('./continuous/continuous.ts');
    return { usage, run: continuous };
  },
  'exactly-once': async () => {
    const { exactlyOnce, usage } = await import('./exactly-once/exactly-once.ts');
    return { usage, run: exactlyOnce };
  },
  memory: async () => {
    const { memory } = await import('./memory/memory.ts');
    return { usage: '', run: async (options) => (options.length === 0 ? outcomeOf(await memory()) : undefined) };
  },
  store: async () => {
    const { store, usage } = await import('./store/store.ts');
    return { usage, run: store };
  },
};

const [name = '', ...given] = process.argv.slice(2);
const load = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
const benchmark = await load?.();
const options = given.filter((option) => option !== '--json');
const outcome = await benchmark?.run(options).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
if (!benchmark || !outcome) {
  const names = benchmark ? [name, benchmark.usage].join(' ').trim() : 'NAME';
  const which = benchmark ? '' : `, where NAME is one of ${Object.keys(benchmarks).join(', ')}`;
  console.error(`usage: npm run bench -- ${names} [--json]${which}`);
  process.exit(2);
}

const { ok, aims, table, versions, isLogged = true } = outcome;
if (isLogged) log([name, ...options].join(' '), table, versions);
console.log(given.includes('--json') ? JSON.stringify({ ok, aims }, undefined, 2) : table);
process.exitCode = ok ? 0 : 1;

function outcomeOf(aims: readonly Aim[]): Outcome {
  const rows = aims.map(
    ({ name: what, value, aim, ok: met }) => `| ${what} | ${value} | ${aim} | ${met ? 'yes' : 'no'} |`,
  );
  const table = ['| figure | value | aim: at most | met |', '|---|---|---|---|', ...rows].join('\n');
  return { ok: aims.every((aim) => aim.ok), aims, table };
}

/** Appends the figures with command and machine, so that they can be repeated and compared. */
function log(command: string, figures: string, versions?: string): void {
  const path = join(root, 'bench', 'LOG.md');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}`;
  const entry = [
    `## ${new Date().toISOString().slice(0, 10)} ${name}, ${version}`,
    '',
    `\`npm run bench -- ${command}\` on ${[machine, versions].filter(Boolean).join('; ')}`,
    '',
    figures,
    '',
    '',
  ].join('\n');
  if (!existsSync(path))
    writeFileSync(path, '# Measurements\n\nEach entry was appended by the command it names; newest last.\n\n');
  appendFileSync(path, entry);
}
