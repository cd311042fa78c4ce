import { run } from '@stricli/core';
import { app } from './app.ts';
import { exitCode } from './command.ts';

const { stdout, stderr, env, argv } = process;
// A reader that has seen enough, such as head, is no error.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
const context = { process: { stdout, stderr, env, exitCode: null as number | string | null } };
await run(app, argv.slice(2), context);
process.exitCode = exitCode(context.process.exitCode);
