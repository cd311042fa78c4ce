import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { breathing, readLines, rowsIn, writeLines } from '../../../data/lines.ts';
import { emptyFolder } from '../support/folder.ts';

const write = (path: string, values: readonly unknown[]): number => {
  const lines = writeLines(path);
  for (const value of values) lines.write(value);
  lines.close();
  return lines.count;
};

test('any JSON values come back as they were written, in order', async () => {
  const path = join(emptyFolder(), 'rows.jsonl');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
      expect(write(path, values)).toBe(values.length);
      const plain = JSON.parse(JSON.stringify(values)) as unknown[];
      expect([...rowsIn(path)]).toEqual(plain);
      const breathed: unknown[] = [];
      for await (const value of breathing(path)) breathed.push(value);
      expect(breathed).toEqual(plain);
    }),
    { numRuns: 50 },
  );
});

test('rows longer than every buffer, and letters of several bytes on its border, stay whole', () => {
  const path = join(emptyFolder(), 'rows.jsonl');
  const values = [1, 65_535, 131_071, 262_143, 400_000, 900_001].flatMap((length) => [
    '€'.repeat(length),
    'x'.repeat(length),
    '👩‍👧'.repeat(length / 8),
  ]);
  write(path, values);
  expect([...rowsIn<string>(path)].every((value, i) => value === values[i])).toBe(true);
  expect([...readLines<string>(path)].flat()).toHaveLength(values.length);
});

test('blank lines are passed over, and a last line may lack its end', () => {
  const path = join(emptyFolder(), 'rows.jsonl');
  writeFileSync(path, '{"a":1}\n\n{"a":2}');
  expect([...rowsIn(path)]).toEqual([{ a: 1 }, { a: 2 }]);
  writeFileSync(path, '');
  expect([...rowsIn(path)]).toEqual([]);
});

test('a line that is no JSON is an error, since no such line was written here', () => {
  const path = join(emptyFolder(), 'rows.jsonl');
  write(path, [{ a: 1 }]);
  appendFileSync(path, '{"a":\n');
  expect(() => [...rowsIn(path)]).toThrow(SyntaxError);
});

test('closing twice does nothing, and the file holds what was written', () => {
  const path = join(emptyFolder(), 'rows.jsonl');
  const lines = writeLines(path);
  lines.write({ a: 1 });
  lines.close();
  lines.close();
  expect([lines.path, lines.count, readFileSync(path, 'utf8')]).toEqual([path, 1, '{"a":1}\n']);
});

test('a reader that stops early leaves no file open', () => {
  const path = join(emptyFolder(), 'rows.jsonl');
  write(
    path,
    Array.from({ length: 1000 }, (_, i) => i),
  );
  for (let i = 0; i < 2000; i += 1) for (const value of rowsIn<number>(path)) if (value >= 0) break;
  expect([...rowsIn(path)]).toHaveLength(1000);
});
