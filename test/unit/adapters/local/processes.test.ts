import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { endGroup, isAlive, processOf, signalGroup, type ProcessRef } from '../../../../adapters/local/processes.ts';
import { emptyFolder } from '../../support/folder.ts';
import { until } from '../../support/program.ts';

/** A shell in a process group of its own. */
function shell(script: string): { child: ChildProcess; ref: ProcessRef } {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' });
  onTestFinished(() => signalGroup(child.pid as number, 'SIGKILL'));
  return { child, ref: processOf(child.pid as number) as ProcessRef };
}

test('a running process is known by its number and its birth', () => {
  const { ref } = shell('sleep 60');
  expect(ref.born).not.toBe('');
  expect(processOf(ref.pid)).toEqual(ref);
  expect(isAlive(ref)).toBe(true);
  expect(isAlive({ ...ref, born: 'earlier' })).toBe(false);
});

test('a process whose name holds brackets and spaces is read right', async () => {
  const child = spawn(
    process.execPath,
    ['-e', "process.title = 'a) S 1 (b'; setTimeout(() => {}, 60000); console.log()"],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  expect(processOf(child.pid as number)?.born).toMatch(process.platform === 'linux' ? /^\d{3,}$/ : /\d{4}$/);
});

test('one that has ended is gone', async () => {
  const { child } = shell('exit 0');
  await once(child, 'close');
  expect(processOf(child.pid as number)).toBeUndefined();
  expect(processOf(0)).toBeUndefined();
});

test.skipIf(process.platform !== 'linux')('one that has ended but was not reaped is gone, too', async () => {
  const { ref } = shell('sleep 0.01 & exec sleep 60'); // the second sleep does not know that it has a child
  const children = (): string => readFileSync(`/proc/${ref.pid}/task/${ref.pid}/children`, 'utf8').trim();
  const state = (): string | undefined => /\) (\w) /.exec(readFileSync(`/proc/${children()}/stat`, 'utf8'))?.[1];
  await until(() => children() !== '' && state() === 'Z', 'the child has ended');
  expect(processOf(Number(children()))).toBeUndefined();
});

test('a group is asked to end first', async () => {
  const folder = emptyFolder();
  const { ref } = shell(
    `trap 'echo asked > ${folder}/asked; exit 0' TERM; echo > ${folder}/ready; while :; do sleep 0.02; done`,
  );
  await until(() => existsSync(join(folder, 'ready')), 'the shell listens');
  await endGroup(ref, 3000);
  expect(isAlive(ref)).toBe(false);
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n');
});

test('one that does not listen is ended after the grace', async () => {
  const folder = emptyFolder();
  const { ref } = shell(`trap '' TERM; echo > ${folder}/ready; while :; do sleep 0.02; done`);
  await until(() => existsSync(join(folder, 'ready')), 'the shell is deaf');
  const began = Date.now();
  await endGroup(ref, 200);
  expect(isAlive(ref)).toBe(false);
  expect(Date.now() - began).toBeGreaterThanOrEqual(200);
});

test('a child that does not listen ends with a leader that does', async () => {
  const folder = emptyFolder();
  const deaf = `trap '' TERM; echo $$ > ${folder}/child; while :; do sleep 0.02; done`;
  const { ref } = shell(`trap 'exit 0' TERM; sh -c "${deaf.replaceAll('$', '\\$')}" & while :; do sleep 0.02; done`);
  await until(
    () => existsSync(join(folder, 'child')) && readFileSync(join(folder, 'child'), 'utf8') !== '',
    'the child is there',
  );
  const child = processOf(Number(readFileSync(join(folder, 'child'), 'utf8'))) as ProcessRef;
  await endGroup(ref, 3000);
  expect(isAlive(ref)).toBe(false);
  await until(() => !isAlive(child), 'the child has ended', 2000);
});

test('a process that is gone, or another one with its number, is left alone', async () => {
  const { ref } = shell('sleep 60');
  await endGroup({ ...ref, born: 'earlier' }, 0);
  expect(isAlive(ref)).toBe(true);
  signalGroup(ref.pid, 'SIGKILL');
  await until(() => !isAlive(ref), 'the shell has ended');
  await endGroup(ref, 0);
  expect(() => signalGroup(ref.pid, 'SIGTERM')).not.toThrow();
});
