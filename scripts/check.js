// Lint (with types and the rooms' import directions), format and type check: `npm run check`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './toolchain.js';

const tool = (/** @type {string} */ name) => join(root, 'node_modules', '.bin', name);
const steps = [
  { name: 'lint', command: tool('oxlint'), args: ['--type-aware', '--deny-warnings'] },
  { name: 'format', command: tool('oxfmt'), args: ['--check'] },
  { name: 'types', command: tool('tsc'), args: ['-p', root] },
];

let failed = 0;
for (const { name, command, args } of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  console.log(`${name}: ${status === 0 ? 'ok' : 'FAILED'}`);
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
