import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apart } from '../../../configs/apart.ts';
import type * as Work from '../../support/apart-work.ts';
import { emptyFolder } from '../support/folder.ts';

const WORK = new URL('../../support/apart-work.ts', import.meta.url);
const double = (...numbers: number[]): Promise<{ pid: number; doubled: number[] }> =>
  apart<typeof Work, 'double'>(WORK, 'double', numbers);

test('functions are called in one process that is not this one, also at the same time', async () => {
  const [one, two] = await Promise.all([double(1, 2), double(3)]);
  expect([one.doubled, two.doubled]).toEqual([[2, 4], [6]]);
  expect(one.pid).not.toBe(process.pid);
  expect(two.pid).toBe(one.pid);
});

test('what the function throws is thrown here, and the next call is answered', async () => {
  await expect(apart<typeof Work, 'refuse'>(WORK, 'refuse', 'no such thing')).rejects.toThrow('no such thing');
  expect((await double(4)).doubled).toEqual([8]);
});

test('a process that is killed is an error for who waits, and the next call has another one', async () => {
  const { pid } = await double(1);
  await expect(apart<typeof Work, 'vanish'>(WORK, 'vanish', undefined)).rejects.toThrow(
    'a process of its own ended (SIGKILL) and gave no answer',
  );
  expect((await double(5)).pid).not.toBe(pid);
});

test('a process that ends for want of calls just as one is made loses none', async () => {
  const { pid } = await double(1);
  const flag = join(emptyFolder(), 'left');
  expect(await apart<typeof Work, 'leaveOnce'>(WORK, 'leaveOnce', flag)).not.toBe(pid);
  expect((await double(6)).doubled).toEqual([12]);
});
