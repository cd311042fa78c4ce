import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { root } from '../../../scripts/toolchain.js';
import { emptyFolder } from '../support/folder.ts';

const CLOUD = ['@google-cloud/', 'google-gax/', 'google-auth-library/', '@grpc/', 'openai/'];

/** Modules of these packages that a script has loaded by its end. */
function loadedBy(script: string): string[] {
  const text = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    ${script}
    const found = loaded.filter((url) => ${JSON.stringify(CLOUD)}.some((name) => url.includes('/node_modules/' + name)));
    console.log(JSON.stringify({ all: loaded.length, found }));
    process.exit(0);
  `;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', text], { cwd: root, encoding: 'utf8' });
  const { all, found } = JSON.parse(out.trim().split('\n').at(-1) ?? '') as { all: number; found: string[] };
  expect(all).toBeGreaterThan(100);
  return found;
}

const at = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);

test('a worker that uses no cloud loads nothing of one', () => {
  const folder = JSON.stringify(emptyFolder());
  const found = loadedBy(`
    const { localDeps } = await import(${at('worker/main.ts')});
    const { homeAt } = await import(${at('worker/home.ts')});
    const deps = await localDeps(homeAt(${folder}));
    const { createActivities } = await import(${at('activities/index.ts')});
    createActivities(deps);
  `);
  // Temporal's own client brings its gRPC along.
  expect(found.filter((url) => !url.includes('/@grpc/'))).toEqual([]);
});

test('nor does the command line', () => {
  expect(
    loadedBy(`
      await import(${at('cli/app.ts')});
      await import(${at('cli/commands/sync.ts')});
      await import(${at('cli/commands/run.ts')});
    `).filter((url) => !url.includes('/@grpc/')),
  ).toEqual([]);
});
