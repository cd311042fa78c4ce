import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkBucket } from '../../adapters/google/storage/check.ts';
import { putObject } from '../../adapters/google/storage/put-object.ts';
import { gcsRows } from '../../adapters/google/storage/rows.ts';
import { patternOf } from '../../data/sources/far.ts';
import { findFiles } from '../../data/sources/find.ts';
import { root } from '../../scripts/toolchain.js';
import { noGcs } from '../support/google/gcs.ts';
import { failureOf } from '../unit/support/failures.ts';
import { emptyFolder, folderWith } from '../unit/support/folder.ts';
import { BUCKET, gcsBench, QUICK } from './support/gcs.ts';

const bench = gcsBench();
beforeEach((context) => context.skip(noGcs !== undefined, noGcs));

const ROW = '{"prompt":"p","completion":"c"}\n';
const open = () => gcsRows({ folder: emptyFolder(), ...QUICK });

async function fill(): Promise<{ uri: string; prefix: string }> {
  const { prefix } = bench.place();
  for (const name of ['week-2.jsonl', 'week-10.jsonl', 'week-1.jsonl', 'deep/er/week-3.jsonl'])
    await bench.overwrite(`${prefix}/${name}`, ROW);
  await bench.overwrite(`${prefix}/old.csv.gz`, new Uint8Array(gzipSync('prompt,completion\na,b\n')));
  await bench.overwrite(`${prefix}/_SUCCESS`, 'x');
  await bench.overwrite(`${prefix}/notes.md`, 'not rows');
  await bench.overwrite(`${prefix}/a[1].jsonl`, ROW);
  return { prefix, uri: `gs://${BUCKET}/${prefix}` };
}

describe('rows in Cloud Storage', () => {
  test('are found by name, prefix and pattern, as people count', async () => {
    const { uri } = await fill();
    const names = async (what: string): Promise<string[]> =>
      (await open().find(what)).map((file) => file.uri.slice(uri.length + 1));
    expect(await names(`${uri}/week-2.jsonl`)).toEqual(['week-2.jsonl']);
    expect(await names(`${uri}/week-*.jsonl`)).toEqual(['week-1.jsonl', 'week-2.jsonl', 'week-10.jsonl']);
    expect(await names(`${uri}/**/week-?.jsonl`)).toEqual(['deep/er/week-3.jsonl', 'week-1.jsonl', 'week-2.jsonl']);
    expect(await names(`${uri}/{old.csv.gz,week-[12].jsonl}`)).toEqual(['old.csv.gz', 'week-1.jsonl', 'week-2.jsonl']);
    expect(await names(`${uri}/a[1].jsonl`)).toEqual(['a[1].jsonl']);
    expect(await names(`${uri}/`)).toEqual([
      'a[1].jsonl',
      'deep/er/week-3.jsonl',
      'old.csv.gz',
      'week-1.jsonl',
      'week-2.jsonl',
      'week-10.jsonl',
    ]);
  });

  test('are copied here with their generation, once, and told by what is in them', async () => {
    const { uri } = await fill();
    const far = open();
    const [csv, jsonl] = await findFiles([`${uri}/old.csv.gz`, `${uri}/week-1.jsonl`], far);
    expect(csv).toMatchObject({ container: 'csv', compression: 'gzip', far: { uri: `${uri}/old.csv.gz` } });
    expect(jsonl?.far?.generation).toMatch(/^\d+$/);
    expect(readFileSync(jsonl?.path ?? '', 'utf8')).toBe(ROW);
    bench.proxy.inject();
    await findFiles([`${uri}/week-1.jsonl`], far);
    expect(bench.proxy.seen.filter(({ path }) => path.includes('alt=media'))).toEqual([]);
    // Damaged here since, it is copied anew.
    chmodSync(jsonl?.path ?? '', 0o644);
    writeFileSync(jsonl?.path ?? '', ROW.replace('c"}', 'd"}'));
    const [mended] = await findFiles([`${uri}/week-1.jsonl`], far);
    expect(readFileSync(mended?.path ?? '', 'utf8')).toBe(ROW);
  });

  test('have names that no file system takes', async () => {
    // The test server has one, and cannot keep such a name itself.
    bench.proxy.inject(
      { path: /\.jsonl\?generation/, what: 200, body: {} },
      { path: /alt=media/, what: 200, body: { row: 1 } },
    );
    const far = `gs://${BUCKET}/${'é'.repeat(400)}.jsonl`;
    const path = await open().fetch({ uri: far, generation: '1', bytes: 9 });
    expect(readFileSync(path, 'utf8')).toBe('{"row":1}');
    expect(path).toMatch(/\.jsonl$/);
  });

  test('that changed are other rows, and bytes that were changed on their way are fetched again', async () => {
    const { uri, prefix } = await fill();
    const far = open();
    const [before] = await far.find(`${uri}/week-1.jsonl`);
    await bench.overwrite(`${prefix}/week-1.jsonl`, ROW + ROW);
    const [after] = await far.find(`${uri}/week-1.jsonl`);
    expect(after?.generation).not.toBe(before?.generation);
    bench.proxy.inject({ path: /alt=media/, nth: 1, what: 'garble' });
    await expect(far.fetch(after as never)).rejects.toThrow('came with other bytes than it has');
    expect(readFileSync(await far.fetch(after as never), 'utf8')).toBe(ROW + ROW);
  });

  test('that are not there are a sentence with what is', async () => {
    const { uri, prefix } = await fill();
    const said = async (what: string): Promise<string> => {
      const { type, message } = await failureOf(open().find(what));
      return `${type}: ${message.replaceAll(prefix, 'P')}`;
    };
    expect(await said(`${uri}/week-11.jsonl`)).toMatchInlineSnapshot(
      `"NoSuchFile: there is no object gs://anneal-test/P/week-11.jsonl: did you mean gs://anneal-test/P/week-1.jsonl?"`,
    );
    expect(await said(`${uri}/deep/er`)).toMatchInlineSnapshot(
      `"NoSuchFile: there is no object gs://anneal-test/P/deep/er: objects lie below gs://anneal-test/P/deep/er/: did you mean that, with the slash?"`,
    );
    expect(await said(`${uri}/day-*.jsonl`)).toMatchInlineSnapshot(
      `"NoSuchFile: no object matches gs://anneal-test/P/day-*.jsonl: gs://anneal-test/P/ holds _SUCCESS, a[1].jsonl, deep/er/week-3.jsonl, notes.md, old.csv.gz and 3 more"`,
    );
    expect(await said(`${uri}/none/`)).toMatchInlineSnapshot(
      `"NoSuchFile: there is no file of rows below gs://anneal-test/P/none/: gs://anneal-test/P/none/ holds nothing"`,
    );
    expect((await failureOf(open().find('gs://no-such-bucket/x.jsonl'))).type).toBe('NoSuchBucket');
    expect((await failureOf(open().find('gs://no-such-bucket/x/'))).type).toBe('NoSuchBucket');
    await bench.overwrite(`${prefix}/none/empty.jsonl`, '');
    expect(await said(`${uri}/none/*`)).toMatchInlineSnapshot(
      `"NoSuchFile: what gs://anneal-test/P/none/* stands for is empty (objects: 1): write the rows there first"`,
    );
    await bench.overwrite(`${prefix}/empty.jsonl`, ' ');
    expect((await failureOf(findFiles([`${uri}/empty.jsonl`], open()))).message).toContain(`${uri}/empty.jsonl has`);
  });
});

test('a pattern stops at slashes, and takes its signs for what they are', () => {
  expect(patternOf('a/*.jsonl').test('a/b/c.jsonl')).toBe(false);
  expect(patternOf('a/**').test('a/b/c.jsonl')).toBe(true);
  expect(patternOf('a.(b)+$/x').test('a.(b)+$/x')).toBe(true);
  expect(() => patternOf('a/[z-a].jsonl')).toThrow('a/[z-a].jsonl is no pattern');
  expect(patternOf('[!a]x').test('bx')).toBe(true);
  expect(patternOf('{a,b').test('a')).toBe(true);
});

test('an export is there once: the same again is no harm, another is refused unless it may be replaced', async () => {
  const { uri } = bench.place();
  const [one, two] = [join(folderWith({ f: 'one' }), 'f'), join(folderWith({ f: 'two' }), 'f')];
  const target = `${uri}/rows.jsonl`;
  await putObject(one, target, { replace: false, ...QUICK });
  await putObject(one, target, { replace: false, ...QUICK });
  expect((await failureOf(putObject(two, target, { replace: false, ...QUICK }))).type).toBe('ObjectExists');
  bench.proxy.inject({ method: 'POST', what: 403 });
  await failureOf(putObject(two, target, { replace: true, ...QUICK }));
  bench.proxy.inject({ method: 'POST', nth: 1, what: 'lost' });
  // What was there stayed until now.
  await putObject(one, target, { replace: false, ...QUICK });
  await putObject(two, target, { replace: true, ...QUICK });
  const large = join(folderWith({ f: Buffer.alloc(9 << 20, 'x') }), 'f');
  await putObject(large, target, { replace: true, ...QUICK });
  await putObject(large, target, { replace: false, ...QUICK });
  await putObject(two, target, { replace: true, ...QUICK });
  const [file] = await open().find(target);
  expect(readFileSync(await open().fetch(file as never), 'utf8')).toBe('two');
  expect((await failureOf(putObject(one, `${uri}/`, { replace: false }))).type).toBe('BadAddress');
});

test('a bucket is checked before a run', async () => {
  await checkBucket(bench.place().uri, QUICK);
  expect((await failureOf(checkBucket('gs://no-such-bucket/x', QUICK))).type).toBe('NoSuchBucket');
});

test('the command line reads rows in a bucket and writes them there', async () => {
  const { uri } = await fill();
  const home = join(emptyFolder(), '.anneal');
  mkdirSync(home, { recursive: true });
  const anneal = async (...args: string[]): Promise<{ stdout: string; stderr: string; code?: number }> =>
    promisify(execFile)(process.execPath, [join(root, 'cli', 'main.ts'), ...args], {
      cwd: emptyFolder(),
      env: { ...process.env, ANNEAL_HOME: home, GOOGLE_CLOUD_PROJECT: 'test', NO_COLOR: '1' },
    }).catch((error: { stdout: string; stderr: string; code: number }) => error);
  const inspected = await anneal('data', 'inspect', `${uri}/week-*.jsonl`, '--json');
  expect(JSON.parse(inspected.stdout)).toMatchObject({ statistics: { rows: 3 } });
  const target = `${uri}/out/rows.jsonl`;
  const exported = await anneal(
    'data',
    'export',
    `${uri}/week-1.jsonl`,
    '--format',
    'openai',
    '--output',
    target,
    '--json',
  );
  expect(JSON.parse(exported.stdout)).toMatchObject({ file: target, written: 1 });
  expect(await open().find(target)).toHaveLength(1);
  const missing = await anneal('data', 'inspect', `${uri}/weak-1.jsonl`);
  expect(missing.stderr).toContain(`did you mean ${uri}/week-1.jsonl?`);
});
