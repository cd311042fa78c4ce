// Part 3: the trainer's Python packages, locked, in a virtual environment of their own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findTrainer, trainerPlace } from '../toolchain.js';
import { remove, writeJson } from './files.js';
import { cacheDir, onPath, root } from './places.js';
import { run, SetupError } from './run.js';

// The oldest and newest Python that every locked package has a wheel for.
const oldest = 10;
const newest = 14;

/**
 * @param {string} [from] repository root
 * @returns {import('./part.js').Part}
 */
export function trainer(from = root) {
  return {
    name: 'Trainer',
    check: () => findTrainer(from)?.stamp.sawNvidia === sawNvidia(),
    async make(progress) {
      const python = await findPython();
      if (await hasNvidia()) {
        const why = await install('cuda', python, from, progress);
        if (why === undefined) return;
        progress.say(`the NVIDIA card cannot be used (${why}), so training runs on the processor`);
      }
      const why = await install('default', python, from, progress);
      if (why !== undefined)
        throw new SetupError(
          `The trainer's packages cannot be used: ${why}`,
          'check the connection to your Python package index and the free disk space, then run `npm run setup` again',
        );
    },
  };
}

/** A look at PATH only: it is asked at each start. */
function sawNvidia() {
  return process.platform === 'linux' && onPath('nvidia-smi') !== undefined;
}

async function hasNvidia() {
  return sawNvidia() && (await run('nvidia-smi', ['-L'], { timeout: 20_000 })).ok;
}

/** The first Python that is new enough and can make virtual environments. */
async function findPython() {
  const names = ['python3', ...[12, 13, 11, 14, 10].map((minor) => `python3.${minor}`)];
  const wish = process.env['ANNEAL_PYTHON'];
  let found = '';
  for (const name of wish ? [wish] : names) {
    const { ok, stdout } = await run(name, [
      '-c',
      'import sys; print(*sys.version_info[:2], sep="."); import venv, ensurepip',
    ]);
    const version = stdout.trim();
    const minor = /^3\.(\d+)$/.exec(version)?.[1];
    const fits = minor !== undefined && Number(minor) >= oldest && Number(minor) <= newest;
    if (ok && fits) return name;
    found ||= fits ? `${name} lacks its venv module` : version && `${name} is Python ${version}`;
  }
  const remedy = `install Python 3.${oldest} to 3.${newest} with its venv module (Debian, Ubuntu: python3-venv), or name one in ANNEAL_PYTHON`;
  throw new SetupError(`The trainer needs Python 3.${oldest} to 3.${newest}${found && `; ${found}`}`, remedy);
}

/**
 * Makes the environment where it will stay, since it holds its own path. It counts only once it is stamped.
 * @param {'cuda' | 'default'} device
 * @param {string} python
 * @param {string} from repository root
 * @param {import('./progress.js').Progress} progress
 * @returns {Promise<string | undefined>} why it cannot be used
 */
async function install(device, python, from, progress) {
  const { file, folder, lock, stamp } = trainerPlace(device, from);
  const own = join(folder, 'bin', 'python');
  const tmp = join(cacheDir(), 'tmp');
  const env = {
    TMPDIR: tmp,
    PYTHONNOUSERSITE: '1',
    PYTHONPATH: '',
    PYTHONDONTWRITEBYTECODE: '',
    PIP_USER: '0',
    PIP_TARGET: '',
    PIP_PREFIX: '',
  };
  remove(stamp);
  remove(folder);
  mkdirSync(tmp, { recursive: true });
  progress.note('making the environment');
  const made = await run(python, ['-m', 'venv', folder], { env });
  if (!made.ok) return made.tail.split('\n').at(-1);
  const pip = [
    '-m',
    'pip',
    'install',
    '--require-hashes',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--no-cache-dir',
    '--no-compile',
  ];
  const installed = await run(
    own,
    [...pip, '--no-input', '--disable-pip-version-check', '--progress-bar', 'off', '-r', file],
    { env, onLine: progress.note },
  );
  if (!installed.ok)
    return installed.tail.split('\n').findLast((line) => line.startsWith('ERROR')) ?? installed.tail.split('\n').at(-1);
  progress.note('trying it');
  // The first import also leaves the compiled files of just what is used.
  const probe = await run(own, ['-c', probeScript, device], { env });
  if (!probe.ok) return probe.tail.split('\n').at(-1);
  /** @type {{ python: string, libraries: Record<string, string> }} */
  const { python: version, libraries } = JSON.parse(probe.stdout.trim().split('\n').at(-1) ?? '');
  /** @type {import('../toolchain.js').TrainerStamp} */
  const record = { lock, device, sawNvidia: sawNvidia(), python: version, libraries };
  writeJson(stamp, record);
  return undefined;
}

const probeScript = `
import json, platform, sys
from importlib.metadata import distributions
import mlx.core as mx
import mlx_lm
if sys.argv[1] == "cuda": mx.set_default_device(mx.gpu)
mx.eval(mx.ones((64, 64)) @ mx.ones((64, 64)))
libraries = {d.name: d.version for d in distributions() if d.name not in ("pip", "setuptools")}
print(json.dumps({"python": platform.python_version(), "libraries": libraries}))
`;
