// Replays the three periods of the continuous example, called by `npm run example:continuous` once set-up is done.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './toolchain.js';

const folder = 'examples/support-triage';
const periods = [1, 2, 3].map((number) => `${folder}/data/periods/period-${number}.jsonl`);

/** @param {string[]} args */
function anneal(...args) {
  console.log(`\n$ npx anneal ${args.join(' ')}`);
  const { status, signal } = spawnSync(process.execPath, [join(root, 'bin', 'anneal'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(signal ? 130 : (status ?? 1));
}

anneal('backfill', `${folder}/continuous.yaml`, '--periods', ...periods);
anneal('history', 'support-triage-weekly');
