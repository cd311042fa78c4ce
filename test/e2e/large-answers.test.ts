import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../configs/metric-names.ts';
import { makePlace } from '../support/cli.ts';

const MEGABYTES = 10;

/** Text of some MB out of 5000 words, never the same twice in a row. */
function words(separator: string): string {
  const found: string[] = [];
  let length = 0;
  for (let state = 1; length < MEGABYTES * 1_000_000;) {
    state = (state * 48_271) % 0x7fff_ffff;
    const word = `w${state % 5000}`;
    found.push(word);
    length += word.length + 1;
  }
  return found.join(separator);
}

const options: Record<string, string> = {
  regex: 'regex:pattern=^(a+)+$',
  jsonSchema: 'jsonSchema:file=schema.json',
  trajectory_single_tool_use: 'trajectory_single_tool_use:tool=search',
};
const flags = Object.keys(METRICS).flatMap((name) => ['--metric', options[name] ?? name]);

describe('answers of 10 MB', () => {
  // An object for each n-gram of such an answer would take more.
  const place = makePlace({ NODE_OPTIONS: '--max-old-space-size=1024' });
  place.write('schema.json', '{"type":"object"}');

  test.each([
    ['of words, where a word was expected', words(' '), 'w1'],
    ['of lines, where lines were expected', words('\n'), words('\n').slice(0, 2_000_000)],
    ['of one letter', 'a'.repeat(MEGABYTES * 1_000_000), 'aaaa'],
    ['of open brackets', '['.repeat(MEGABYTES * 1_000_000), '[{"tool_name":"search","tool_input":{}}]'],
    ['of half surrogates', '\ud83d'.repeat(MEGABYTES * 300_000), '\ude00'],
  ])(
    '%s are scored by every metric, in bounded time and memory',
    async (_what, prediction, reference) => {
      const file = place.write('answers.jsonl', `${JSON.stringify({ prediction, references: [reference] })}\n`);
      expect(statSync(file).size).toBeGreaterThan(MEGABYTES * 900_000);
      const { code, stdout, stderr } = await place.anneal('metrics', 'answers.jsonl', ...flags, '--json');
      expect([code, stderr]).toEqual([0, '']);
      const { corpus } = JSON.parse(stdout) as { corpus: Record<string, { value: number; n: number }> };
      expect(Object.keys(corpus)).toHaveLength(Object.keys(METRICS).length);
      for (const [spec, { value, n }] of Object.entries(corpus))
        expect([spec, n, Number.isFinite(value)]).toEqual([spec, 1, true]);
    },
    90_000,
  );
});
