import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from '../../../artifacts/lock.ts';
import { emptyFolder } from '../support/folder.ts';
import { moduleUrl, runProgram, until, type Program } from '../support/program.ts';

/** Another process that takes the lock, says so, and holds it until it is killed. */
async function holder(file: string): Promise<Program> {
  const program = runProgram(`
    import { withLock } from ${JSON.stringify(moduleUrl('artifacts/lock.ts'))};
    await withLock(${JSON.stringify(file)}, 5000, () => {
      console.log('held');
      return new Promise((resolve) => setTimeout(resolve, 60_000));
    });
  `);
  await program.prints('held');
  return program;
}

test('work is done under the lock and its result handed on', async () => {
  expect(await withLock(join(emptyFolder(), 'new', 'lock'), 0, async () => 7)).toBe(7);
});

test('the lock is free again after the work, also when it failed', async () => {
  const file = join(emptyFolder(), 'lock');
  await expect(withLock(file, 0, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(file, 0, async () => 1)).toBe(1);
});

test('works of one process take turns', async () => {
  const file = join(emptyFolder(), 'lock');
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await sleep(30);
    log.push(`${name} ends`);
  };
  await Promise.all([
    withLock(file, 5000, work('a')),
    withLock(file, 5000, work('b')),
    withLock(file, 5000, work('c')),
  ]);
  expect(log.filter((_, i) => i % 2 === 0).map((line) => line.replace('begins', 'ends'))).toEqual(
    log.filter((_, i) => i % 2 === 1),
  );
});

test('another process waits, is told once, and goes on when the holder is killed', async () => {
  const file = join(emptyFolder(), 'lock');
  const first = await holder(file);
  let told = 0;
  let done = false;
  const second = withLock(
    file,
    10_000,
    async () => (done = true),
    () => (told += 1),
  );
  await until(() => told === 1, 'the waiting process is told');
  await sleep(150);
  expect(done).toBe(false);
  first.child.kill('SIGKILL');
  await second;
  expect({ done, told }).toEqual({ done: true, told: 1 });
});

test('waiting ends with an error when the holder stays', async () => {
  const file = join(emptyFolder(), 'lock');
  await holder(file);
  await expect(withLock(file, 100, async () => 'never')).rejects.toThrow('database is locked');
});
