import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cancelJob, runningJobs, type JobProgram } from '../../../../adapters/local/job.ts';
import { endGroup, processOf } from '../../../../adapters/local/processes.ts';
import { endServer, ensureServer, touchServer } from '../../../../adapters/local/server-job.ts';
import { emptyFolder, folderWith } from '../../support/folder.ts';
import { until } from '../../support/program.ts';

/** Answers with its process number; keeps to the folder protocol as the Python program does. */
const SCRIPT = `
const fs = require('node:fs');
const { join } = require('node:path');
const folder = process.argv[process.argv.indexOf('--job') + 1];
if (JSON.parse(fs.readFileSync(join(folder, 'spec.json'), 'utf8')).broken) {
  console.log('no such model');
  process.exit(1);
}
const born = process.platform === 'linux'
  ? fs.readFileSync('/proc/self/stat', 'utf8').replace(/.*\\) /s, '').split(' ')[19] : '-';
fs.writeFileSync(join(folder, 'lock'), process.pid + ' ' + born);
const server = require('node:http').createServer((_, response) => response.end(String(process.pid)));
server.listen(0, '127.0.0.1', () => setTimeout(() => {
  const record = { pid: process.pid, born, port: server.address().port };
  fs.writeFileSync(join(folder, 'server.tmp'), JSON.stringify(record));
  fs.renameSync(join(folder, 'server.tmp'), join(folder, 'server.json'));
  fs.appendFileSync(join(folder, 'progress.jsonl'),
    JSON.stringify({ event: 'checkpoint', at: new Date().toISOString() }) + '\\n');
}, 50));
`;

interface Given {
  folder: string;
  ensure(spec?: object, signal?: AbortSignal): Promise<number>;
  /** Number of the process that answers. */
  pid(port: number): Promise<number>;
}

function given(): Given {
  const jobs = join(emptyFolder(), 'jobs');
  const folder = join(jobs, 'r1.serve');
  const script = join(folderWith({ 'server.cjs': SCRIPT }), 'server.cjs');
  const program: JobProgram = { command: process.execPath, args: [script], env: {} };
  onTestFinished(async () => {
    for (const { pid } of await runningJobs(jobs)) {
      const ref = processOf(pid);
      if (ref) await endGroup(ref, 0);
    }
  });
  return {
    folder,
    ensure: (spec = {}, signal = new AbortController().signal) => ensureServer(folder, 'r1', spec, program, signal),
    pid: async (port) => Number(await (await fetch(`http://127.0.0.1:${port}`)).text()),
  };
}

const gone = (pid: number) => (): boolean => processOf(pid) === undefined;

test('a server is started once and then found', async () => {
  const { ensure, pid } = given();
  const port = await ensure();
  const first = await pid(port);
  expect(await ensure()).toBe(port);
  expect(await pid(await ensure())).toBe(first);
});

test('a server that was killed is started again, and its old port is not believed', async () => {
  const { ensure, pid } = given();
  const first = await pid(await ensure());
  process.kill(first, 'SIGKILL');
  await until(gone(first), 'the server has gone');
  const second = await pid(await ensure());
  expect(second).not.toBe(first);
});

test('a port that another process wrote down, whose number was given again, is not believed', async () => {
  const { folder, ensure, pid } = given();
  await ensure();
  writeFileSync(join(folder, 'server.json'), JSON.stringify({ pid: process.pid, born: 'long ago', port: 9 }));
  const stop = new AbortController();
  const reason = new Error('WORKER_SHUTDOWN');
  const waiting = ensure({}, stop.signal);
  setTimeout(() => stop.abort(reason), 300);
  await expect(waiting).rejects.toBe(reason);
  await endServer(folder);
  expect(await pid(await ensure())).toBeGreaterThan(0);
});

test('a server that is let go ends, and comes back when it is wanted', async () => {
  const { folder, ensure, pid } = given();
  const first = await pid(await ensure());
  await endServer(folder);
  expect(gone(first)()).toBe(true);
  expect(await pid(await ensure())).not.toBe(first);
});

test('a server of a cancelled run does not come back', async () => {
  const { folder, ensure, pid } = given();
  const first = await pid(await ensure());
  await cancelJob(folder);
  expect(gone(first)()).toBe(true);
  await expect(ensure()).rejects.toMatchObject({ type: 'Cancelled' });
});

test('a server that cannot start fails for good, with the end of its log', async () => {
  const { ensure } = given();
  await expect(ensure({ broken: true })).rejects.toMatchObject({
    type: 'Crashed',
    message: expect.stringContaining('no such model'),
  });
});

test('a touch says that the server is still wanted', async () => {
  const { folder, ensure } = given();
  await ensure();
  const file = join(folder, 'touched');
  utimesSync(file, 0, 0);
  await touchServer(folder);
  expect(statSync(file).mtimeMs).toBeGreaterThan(Date.now() - 10_000);
});
