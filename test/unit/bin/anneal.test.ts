import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../../scripts/toolchain.js';
import { emptyFolder } from '../support/folder.ts';

/** A checkout that holds nothing but the command. */
function checkout(): string {
  const folder = emptyFolder();
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  return folder;
}

function anneal(folder: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'bin', 'anneal'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ANNEAL_CACHE: join(folder, 'cache') },
  });
  return { status, stdout, stderr };
}

test('without set-up the command says what to do', () => {
  expect(anneal(checkout(), 'run', 'recipe.yaml')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'Anneal is not set up yet: run `npm run setup` first.\n',
  });
});

test("the command hands everything over to the project's own Node", () => {
  const folder = checkout();
  const own = join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
  mkdirSync(own, { recursive: true });
  symlinkSync(process.execPath, join(own, 'node'));
  mkdirSync(join(folder, 'cli'));
  writeFileSync(
    join(folder, 'cli', 'main.ts'),
    `const args: string[] = process.argv.slice(2);
     console.log(JSON.stringify({ args, main: process.argv[1] }));
     console.error('a warning');
     process.exitCode = 7;`,
  );
  const { status, stdout, stderr } = anneal(folder, 'run', 'a b.yaml', '--set=x=1');
  expect(JSON.parse(stdout)).toEqual({ args: ['run', 'a b.yaml', '--set=x=1'], main: join(folder, 'cli', 'main.ts') });
  expect({ status, stderr }).toEqual({ status: 7, stderr: 'a warning\n' });
});

test('through a link, as npx makes one, the command finds its checkout', () => {
  const folder = checkout();
  const link = join(emptyFolder(), 'anneal');
  symlinkSync(join(folder, 'bin', 'anneal'), link);
  const { status, stderr } = spawnSync(process.execPath, [link], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 2, stderr: 'Anneal is not set up yet: run `npm run setup` first.\n' });
});
