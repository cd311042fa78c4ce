import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inTurn } from '../../../../adapters/remote/turn.ts';

test('of several that see at once that the holder is dead, one works at a time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-turn-'));
  const path = join(folder, 'asking');
  writeFileSync(path, `${hostname()} 4194300 long ago`);
  let [working, most, done] = [0, 0, 0];
  const work = async (): Promise<void> => {
    most = Math.max(most, (working += 1));
    await sleep(5);
    working -= 1;
    done += 1;
  };
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 4 }, () => inTurn(path, signal, work)));
  expect({ most, done }).toEqual({ most: 1, done: 4 });
  expect(readdirSync(folder)).toEqual([]);
});
