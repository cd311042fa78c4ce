import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startOf, withLock } from '../../../scripts/setup/lock.js';
import { emptyFolder } from '../support/folder.ts';
import { moduleUrl, runProgram, until, type Program } from '../support/program.ts';

const nobody = (): void => {
  throw new Error('nobody should have to wait');
};

async function holder(folder: string): Promise<Program> {
  const program = runProgram(`
    import { withLock } from ${JSON.stringify(moduleUrl('scripts/setup/lock.js'))};
    await withLock(${JSON.stringify(folder)}, () => {
      console.log('held');
      return new Promise((resolve) => setTimeout(resolve, 60_000));
    }, () => {});
  `);
  await program.prints('held');
  return program;
}

test('work is done under the lock, which leaves nothing behind', async () => {
  const folder = join(emptyFolder(), 'cache');
  const work = async (): Promise<string[]> => readdirSync(folder);
  expect(await withLock(folder, work, nobody)).toEqual(['setup.lock']);
  expect(readdirSync(folder)).toEqual([]);
});

test('the lock is free again after work that failed', async () => {
  const folder = emptyFolder();
  await expect(withLock(folder, () => Promise.reject(new Error('no')), nobody)).rejects.toThrow('no');
  expect(await withLock(folder, async () => 1, nobody)).toBe(1);
});

test('a second set-up waits, is told once for whom, and goes on after the first', async () => {
  const folder = emptyFolder();
  const log: string[] = [];
  const first = runProgram(`
    import { existsSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(moduleUrl('scripts/setup/lock.js'))};
    await withLock(${JSON.stringify(folder)}, async () => {
      console.log('held');
      while (!existsSync(${JSON.stringify(join(folder, 'go'))})) await new Promise((r) => setTimeout(r, 5));
      console.log('done');
    }, () => {});
  `);
  await first.prints('held');
  const told: number[] = [];
  const second = withLock(
    folder,
    async () => void log.push('second'),
    ({ pid }) => told.push(pid),
  );
  await until(() => told.length === 1, 'the second is told');
  await sleep(250);
  expect(log).toEqual([]);
  writeFileSync(join(folder, 'go'), '');
  await second;
  expect(told).toEqual([first.pid]);
  expect(log).toEqual(['second']);
  expect((await first.ended).output).toContain('done');
});

test('a holder that was killed does not block', async () => {
  const folder = emptyFolder();
  const first = await holder(folder);
  first.child.kill('SIGKILL');
  await first.ended;
  expect(existsSync(join(folder, 'setup.lock'))).toBe(true);
  expect(await withLock(folder, async () => 'mine', nobody)).toBe('mine');
});

test('a process that was given the number of a killed holder does not block', async () => {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'setup.lock'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
  expect(await withLock(folder, async () => 'mine', nobody)).toBe('mine');
});

test('of many that find a dead lock one at a time works', async () => {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'setup.lock'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
  const programs = Array.from({ length: 4 }, () =>
    runProgram(`
      import { appendFileSync } from 'node:fs';
      import { withLock } from ${JSON.stringify(moduleUrl('scripts/setup/lock.js'))};
      const log = ${JSON.stringify(join(folder, 'log'))};
      await withLock(${JSON.stringify(folder)}, async () => {
        appendFileSync(log, process.pid + '\\n');
        await new Promise((resolve) => setTimeout(resolve, 30));
        appendFileSync(log, process.pid + '\\n');
      }, () => {});
    `),
  );
  expect((await Promise.all(programs.map(({ ended }) => ended))).map(({ output }) => output)).toEqual(['', '', '', '']);
  const lines = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  expect(lines.filter((_, i) => i % 2 === 0)).toEqual(lines.filter((_, i) => i % 2 === 1));
  expect(readdirSync(folder)).toEqual(['log']);
});

test('the start of a process is known while it runs', async () => {
  const program = runProgram("console.log('up'); setTimeout(() => {}, 60_000)");
  await program.prints('up');
  expect(startOf(program.pid)).toBe(startOf(program.pid));
  expect(startOf(program.pid)).toMatch(/\d/);
  program.child.kill('SIGKILL');
  await program.ended;
  expect(startOf(program.pid)).toBeUndefined();
});
