import { beforeAll, expect, test } from 'vitest';
import { makePlace, rows, writeTiny } from '../support/cli.ts';

const place = makePlace();

beforeAll(() => void writeTiny(place));

/** Runs `anneal check` with a setting; its exit code, and how many seconds it took. */
async function timed(setting: string): Promise<[number | null, number]> {
  const began = performance.now();
  const { code } = await place.anneal('check', 'recipe.yaml', '--set', setting);
  return [code, (performance.now() - began) / 1000];
}

// Tried again when too slow: what else the machine does can only make a command slower.
test.each([
  ['a field that no recipe has', 'tune.learningrat=1'],
  ['a file that is missing', 'data.train.uri=gone.jsonl'],
  ['a base model that is not there', 'model.base=./gone'],
])('%s is refused within a second', { retry: 3 }, async (_name, setting) => {
  const [code, seconds] = await timed(setting);
  expect(code).toBe(2);
  expect(seconds).toBeLessThan(1);
});

test('5,000 rows, one of them of 20 MB, are checked within three seconds', { retry: 3 }, async () => {
  const lines = rows(5000).split('\n');
  lines[4900] = `{"text": "${'x'.repeat(20 * 2 ** 20)}", "label": "a"}`;
  place.write('long.jsonl', lines.join('\n'));
  const [code, seconds] = await timed('data.train.uri=long.jsonl');
  expect(code).toBe(0);
  expect(seconds).toBeLessThan(3);
});
