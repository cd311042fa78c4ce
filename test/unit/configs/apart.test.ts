import { expect, test } from 'vitest';
import { apart } from '../../../configs/apart.ts';
import type * as Work from '../../support/apart-work.ts';

const WORK = new URL('../../support/apart-work.ts', import.meta.url);

test('a function is called in a process of its own, which ends with the call', async () => {
  const { pid, doubled } = await apart<typeof Work, 'double'>(WORK, 'double', [1, 2, 3]);
  expect(doubled).toEqual([2, 4, 6]);
  expect(pid).not.toBe(process.pid);
  await expect.poll(() => isThere(pid)).toBe(false);
});

test('what the function throws is thrown here', async () => {
  await expect(apart<typeof Work, 'refuse'>(WORK, 'refuse', 'no such thing')).rejects.toThrow('no such thing');
});

test('a process that is killed is an error, and nobody waits for it', async () => {
  await expect(apart<typeof Work, 'vanish'>(WORK, 'vanish', undefined)).rejects.toThrow(
    'the process for vanish ended (SIGKILL) and gave no answer',
  );
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
