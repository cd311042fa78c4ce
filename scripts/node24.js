// Runs a file with the project's own Node, whichever Node runs this one: `node scripts/node24.js FILE [ARGUMENTS]`.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { projectNode } from './toolchain.js';

const node = projectNode();
if (!node) {
  console.error('The project has no Node of its own yet: run `npm run setup` first.');
  process.exit(2);
}
const child = spawn(node, process.argv.slice(2), { stdio: 'inherit' });
// Ctrl+C reaches the child by itself; this process only waits for its end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
