import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../scripts/setup/run.js';
import { cacheDir, root } from '../../scripts/toolchain.js';

/** A benchmark whose Python tools are those of `bench/NAME/python/requirements.txt`. */
export type BenchmarkWithPython = 'data' | 'metrics';

const listOf = (benchmark: BenchmarkWithPython): string => `bench/${benchmark}/python/requirements.txt`;

/**
 * A Python that has the tools to be measured against: that of ANNEAL_BENCH_PYTHON, else one in the cache folder that
 * is made once for a list of requirements.
 */
export async function findPython(benchmark: BenchmarkWithPython): Promise<string> {
  const requirements = join(root, listOf(benchmark));
  const given = process.env['ANNEAL_BENCH_PYTHON'];
  if (given) return given;
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const folder = join(cacheDir(), `bench-${digest.slice(0, 12)}`);
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'anneal.json');
  // Stamped last, so that what was broken off is made anew.
  if (existsSync(stamp) && existsSync(python)) return python;
  process.stderr.write(`making a Python environment in ${folder}, once\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cacheDir(), { recursive: true });
  const base = process.env['ANNEAL_PYTHON'] ?? 'python3';
  await must(
    base,
    ['-m', 'venv', folder],
    'install Python 3.11 or later with its venv module, or name one in ANNEAL_PYTHON',
  );
  const install = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
  await must(
    python,
    [...install, '--only-binary', ':all:', '-r', requirements],
    `check the connection to your Python package index, or name in ANNEAL_BENCH_PYTHON a Python that has the packages of ${listOf(benchmark)}`,
  );
  writeFileSync(stamp, `${JSON.stringify({ digest })}\n`);
  return python;
}

async function must(command: string, parameters: string[], remedy: string): Promise<void> {
  const { ok, tail } = await run(command, parameters, { env: { PYTHONNOUSERSITE: '1' } });
  if (ok) return;
  const lines = tail.split('\n');
  const why = lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1);
  throw new Error(`the Python tools to measure against cannot be set up (${why}): ${remedy}`);
}

/** Versions of Python and of the tools, for the log. */
export async function versionsOf(
  python: string,
  benchmark: BenchmarkWithPython,
  names: readonly string[],
): Promise<string> {
  const script =
    'import platform, sys; from importlib.metadata import version; print(", ".join([f"Python {platform.python_version()}"] + [f"{name} {version(name)}" for name in sys.argv[1:]]))';
  const { ok, stdout, tail } = await run(python, ['-c', script, ...names]);
  if (ok) return stdout.trim();
  throw new Error(
    `${python} lacks a tool to measure against (${tail.split('\n').at(-1)}): install ${listOf(benchmark)} into its environment`,
  );
}
