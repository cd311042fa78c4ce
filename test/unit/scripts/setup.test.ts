import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { allParts, setUp } from '../../../scripts/setup.js';
import { SetupError } from '../../../scripts/setup/run.js';
import { checks, root } from '../../../scripts/toolchain.js';
import { emptyFolder, folderWith } from '../support/folder.ts';
import { moduleUrl, runProgram } from '../support/program.ts';
import { processorTime } from '../../support/stopwatch.ts';

type Part = Parameters<typeof setUp>[0][number];

let cache: string;
beforeEach(() => {
  cache = join(emptyFolder(), 'cache');
  vi.stubEnv('ANNEAL_CACHE', cache);
  return () => vi.unstubAllEnvs();
});

const output = (): { text: string; write(text: string): void } => ({
  text: '',
  write(text) {
    this.text += text;
  },
});

/** A part that counts; it is current once it was made. */
function part(name: string, made: string[], isCurrent = false): Part {
  let current = isCurrent;
  return {
    name,
    check: () => current,
    make: async () => {
      made.push(name);
      current = true;
    },
  };
}

describe('set-up', () => {
  test('does nothing, and quickly, when every part is current', async () => {
    const made: string[] = [];
    const spent = processorTime();
    const stream = output();
    expect(await setUp([part('a', made, true), part('b', made, true)], stream)).toBe(0);
    expect(spent()).toBeLessThan(500);
    expect({ made, text: stream.text, cache: existsSync(cache) }).toEqual({ made: [], text: '', cache: false });
  });

  test('makes the parts that are not current, in their order, and says so', async () => {
    const made: string[] = [];
    const stream = output();
    expect(await setUp([part('a', made), part('b', made, true), part('c', made)], stream)).toBe(2);
    expect(made).toEqual(['a', 'c']);
    expect(stream.text).toMatch(/^ {2}a: ready in \d\.\d s\n {2}c: ready in \d\.\d s\n$/);
    expect(existsSync(join(cache, 'setup.lock'))).toBe(false);
  });

  test('stops at the first part that cannot be made; what was made stays', async () => {
    const made: string[] = [];
    const broken: Part = {
      name: 'broken',
      check: () => false,
      make: () => Promise.reject(new SetupError('There is no Go', 'install Go')),
    };
    const parts = [part('a', made), broken, part('c', made)];
    await expect(setUp(parts, output())).rejects.toMatchObject({ message: 'There is no Go', remedy: 'install Go' });
    expect(made).toEqual(['a']);
    expect(existsSync(join(cache, 'setup.lock'))).toBe(false);
    await expect(setUp(parts, output())).rejects.toThrow(SetupError);
    expect(made).toEqual(['a']);
  });

  test('makes a part again that was left half made', async () => {
    let attempts = 0;
    const [half, stamp] = [join(cache, 'part', 'half'), join(cache, 'part', 'stamp')];
    const fragile: Part = {
      name: 'fragile',
      check: () => existsSync(stamp),
      make: async () => {
        mkdirSync(join(cache, 'part'), { recursive: true });
        writeFileSync(half, '');
        if (++attempts === 1) throw new SetupError('The connection broke', 'try again');
        writeFileSync(stamp, '');
      },
    };
    await expect(setUp([fragile], output())).rejects.toThrow('The connection broke');
    expect(await setUp([fragile], output())).toBe(1);
    expect(await setUp([fragile], output())).toBe(0);
    expect(attempts).toBe(2);
  });

  test('cleans up what it built with', async () => {
    mkdirSync(join(cache, 'tmp', 'build'), { recursive: true });
    await setUp([part('a', [])], output());
    expect(existsSync(join(cache, 'tmp'))).toBe(false);
  });

  test('that waited for another makes nothing that the other has made', async () => {
    const stamp = join(cache, 'stamp');
    const code = (name: string): string => `
      import { existsSync, writeFileSync, appendFileSync } from 'node:fs';
      import { setUp } from ${JSON.stringify(moduleUrl('scripts/setup.js'))};
      const made = await setUp([{
        name: 'slow',
        check: () => existsSync(${JSON.stringify(stamp)}),
        make: async () => {
          console.log('making');
          await new Promise((resolve) => setTimeout(resolve, 400));
          writeFileSync(${JSON.stringify(stamp)}, '');
        },
      }], process.stdout);
      console.log(${JSON.stringify(name)} + ' made ' + made);
    `;
    const first = runProgram(code('first'), { ANNEAL_CACHE: cache });
    await first.prints('making');
    const second = runProgram(code('second'), { ANNEAL_CACHE: cache });
    expect((await second.ended).output).toBe(
      `  another set-up is at work (process ${first.pid}): waiting for it\nsecond made 0\n`,
    );
    expect((await first.ended).output).toContain('first made 1');
  });
});

describe('the command', () => {
  test('names its parts when asked for one that is not', async () => {
    const { status, output: said } = await runProgram(
      `process.argv.splice(1, 9, ${JSON.stringify(join(root, 'scripts/setup.js'))}, '--only', 'nothing');
       await import(${JSON.stringify(moduleUrl('scripts/setup.js'))});`,
    ).ended;
    expect({ status, said }).toEqual({
      status: 2,
      said: 'There is no part "nothing". The parts are packages, temporal, trainer, openblas.\n',
    });
  });

  test('has parts with names and quick checks', () => {
    for (const { name, check } of Object.values(allParts(root))) {
      expect(name).toMatch(/\w/);
      expect(typeof check()).toBe('boolean');
    }
  });
});

describe('the checks for doctor', () => {
  test('of an empty cache name what is missing and one command for all of it', () => {
    vi.stubEnv('PATH', emptyFolder());
    const found = checks();
    expect(found.map(({ name }) => name)).toEqual([
      'Node',
      'npm packages',
      'Temporal CLI',
      'Trainer',
      'Cache folder',
      'Disk space',
    ]);
    expect(found.filter((check) => check.found === '' || (!check.ok && !check.remedy))).toEqual([]);
    const missing = found.filter(({ name }) => name === 'Temporal CLI' || name === 'Trainer');
    expect(missing).toEqual([
      { name: 'Temporal CLI', ok: false, found: 'none', remedy: 'npm run setup' },
      {
        name: 'Trainer',
        ok: false,
        found: 'no Python environment for the current lock file',
        remedy: 'npm run setup',
      },
    ]);
  });

  test('name a cache folder that cannot be written', () => {
    const folder = folderWith({ file: '' });
    vi.stubEnv('ANNEAL_CACHE', join(folder, 'file', 'cache'));
    expect(checks().at(-1)).toEqual({
      name: 'Cache folder',
      ok: false,
      found: `${folder}/file/cache cannot be written`,
      remedy: 'make the folder writable, or set ANNEAL_CACHE to one that is',
    });
  });
});
