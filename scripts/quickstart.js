// The first run of a newcomer, called by `npm run quickstart` once set-up is done: tunes the shipped example and
// shows where the model came from.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './toolchain.js';

/** @param {string[]} args */
function anneal(...args) {
  console.log(`\n$ npx anneal ${args.join(' ')}`);
  const { status, signal } = spawnSync(process.execPath, [join(root, 'bin', 'anneal'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(signal ? 130 : (status ?? 1));
}

anneal('run', 'examples/support-triage/recipe.yaml');
anneal('lineage', 'support-triage@champion', '--up');
anneal('status');
console.log(
  '\nNext: the same command again takes a second, since nothing changed; `npx anneal --help` shows what else there is;',
);
console.log(
  '`npx anneal init my-model` makes a recipe for your own data; `npx anneal down` stops what runs in the background.',
);
