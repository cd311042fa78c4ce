import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seconds, showProgress } from '../../../scripts/setup/progress.js';

/** A stream that keeps what was written to it. */
function screen(
  isTTY: boolean,
  columns?: number,
): { write(text: string): void; isTTY: boolean; columns?: number; text: string } {
  return {
    isTTY,
    text: '',
    write(text) {
      this.text += text;
    },
    ...(columns === undefined ? {} : { columns }),
  };
}

test('elsewhere than on a terminal a line stays for each sign of life', async () => {
  const stream = screen(false);
  const progress = showProgress('Trainer', stream, 20);
  progress.note('  Collecting numpy\n');
  await sleep(50);
  progress.say('ready to go');
  progress.stop();
  const after = stream.text;
  await sleep(40);
  expect(stream.text).toBe(after);
  expect(after).toMatch(/^( {2}Trainer: 0\.\d s, Collecting numpy\n)+ {2}Trainer: ready to go\n$/);
});

test('nothing is shown of a part that is quick', async () => {
  const stream = screen(false);
  showProgress('Trainer', stream).stop();
  await sleep(10);
  expect(stream.text).toBe('');
});

test('on a terminal one line is written over again and cleared at the end', async () => {
  const stream = screen(true, 30);
  const progress = showProgress('npm packages', stream, 10);
  progress.note('a very long line about what is going on right now');
  await sleep(35);
  progress.say('no download');
  progress.stop();
  const shown = stream.text.split('\r\u001b[K');
  expect(shown.at(-1)).toBe('');
  expect(shown).toContain('  npm packages: no download\n');
  const running = shown.filter((line) => line.includes('a very'));
  expect(running.length).toBeGreaterThan(0);
  for (const line of running) {
    expect(line.length).toBeLessThan(30);
    expect(line).not.toContain('\n');
  }
});

test('time is said as people say it', () => {
  const ago = (passed: number): string => seconds(Date.now() - passed);
  expect([ago(0), ago(9_860), ago(10_400), ago(119_000), ago(150_000)]).toEqual([
    '0.0 s',
    '9.9 s',
    '10 s',
    '119 s',
    '2.5 min',
  ]);
});
