import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWatching, type LookAsk, type SourceLook } from '../../../activities/watching.ts';
import { openLedger, type Ledger } from '../../../artifacts/ledger/open.ts';
import { Source } from '../../../configs/data.ts';
import { Client } from 'pg';
import { postgresPrograms, startPostgres } from '../data/sources/postgres-server.ts';

let folder: string;
let ledger: Ledger;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-watching-')));
  ledger = await openLedger(join(folder, 'ledger.db'));
});
afterAll(async () => {
  await ledger.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** What is new, or why there is nothing. */
async function look(source: object, seen?: SourceLook): Promise<SourceLook | string> {
  const { lookAtSource } = createWatching({ ledger });
  const ask: LookAsk = {
    name: 'none',
    line: 'none',
    source: Source.parse(source),
    maxAge: null,
    everyMs: 7000,
    ...(seen ? { seen } : {}),
  };
  try {
    return await new MockActivityEnvironment().run<[LookAsk], SourceLook, typeof lookAtSource>(lookAtSource, ask);
  } catch (error) {
    return (error as Error).message;
  }
}

function put(path: string, text: string, secondsAgo = 60): void {
  const at = new Date(Date.now() - secondsAgo * 1000);
  writeFileSync(path, text);
  utimesSync(path, at, at);
}

test('files, globs and folders are known by path, size and time of change', async () => {
  const [file, data] = [join(folder, 'a.jsonl'), join(folder, 'data')];
  const source = { uri: [file, join(folder, 'weeks-*.jsonl'), data] };
  expect(await look(source)).toBe('there is nothing yet');
  put(file, '');
  expect(await look(source)).toBe('there is nothing yet');
  put(file, '{}\n', 90);
  const first = (await look(source)) as SourceLook;
  expect(first).toMatchObject({ what: '1 file, 3 bytes' });
  expect(await look(source, first)).toBe('nothing has changed');
  mkdirSync(data);
  put(join(data, 'train.jsonl'), '{}\n');
  const second = (await look(source, first)) as SourceLook;
  expect(second.what).toBe('2 files, 6 bytes');
  put(join(folder, 'weeks-1.jsonl'), '{}\n', 1);
  expect(await look(source, second)).toBe('it was changed a moment ago');
  put(join(folder, 'weeks-1.jsonl'), '{}\n', -3600);
  const third = (await look(source, second)) as SourceLook;
  expect(third.what).toBe('3 files, 9 bytes');
  put(file, '{}\n', 80);
  expect(((await look(source, third)) as SourceLook).digest).not.toBe(third.digest);
});

test('what has gone is waited for, and is nothing new when it comes back as it was', async () => {
  const file = join(folder, 'back.jsonl');
  put(file, '{}\n', 500);
  const seen = (await look({ uri: file })) as SourceLook;
  rmSync(file);
  expect(await look({ uri: file }, seen)).toBe('there is nothing yet');
});

const programs = postgresPrograms();
test.skipIf(programs === undefined)('a query is known by its rows, whatever their order', async () => {
  const server = await startPostgres(programs as string, 'secret word');
  const client = new Client({ connectionString: server.uri });
  try {
    await client.connect();
    await client.query("CREATE TABLE rows AS SELECT i, 'text ' || i AS t FROM generate_series(1, 50) i");
    process.env['ANNEAL_TEST_WATCH'] = server.uri;
    const source = { connection: 'ANNEAL_TEST_WATCH', sql: 'SELECT * FROM rows -- all of them' };
    const seen = (await look(source)) as SourceLook;
    expect(seen.what).toBe('a query of 50 rows');
    expect(await look({ ...source, sql: 'SELECT * FROM rows ORDER BY i DESC;' }, seen)).toBe('nothing has changed');
    await client.query("UPDATE rows SET t = 'other' WHERE i = 7");
    expect(((await look(source, seen)) as SourceLook).digest).not.toBe(seen.digest);
    await client.query('DELETE FROM rows');
    expect(await look(source, seen)).toBe('there is nothing yet');
  } finally {
    await client.end();
    await server.stop();
  }
});
