import { DatabaseSync } from 'node:sqlite';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrations } from '../../../../artifacts/ledger/migrations.ts';
import { openLedger } from '../../../../artifacts/ledger/open.ts';
import { findRun, openRun } from '../../../../artifacts/ledger/runs.ts';
import { failureOf } from '../../support/failures.ts';
import { emptyFolder, folderWith } from '../../support/folder.ts';
import { newLedger, newRun } from '../../support/ledger.ts';
import { moduleUrl, runProgram } from '../../support/program.ts';

const latest = Object.keys(migrations).length;

/** Asks the file itself, past the ledger. */
function ask(file: string, sql: string): unknown[] {
  const sqlite = new DatabaseSync(file);
  try {
    return sqlite
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)[0]);
  } finally {
    sqlite.close();
  }
}

test('a new ledger is made with its folders, tables and version', async () => {
  const file = join(emptyFolder(), 'new', 'ledger.db');
  await newLedger(file);
  const tables = ask(file, "select name from sqlite_master where type = 'table' order by name");
  expect(tables).toEqual(
    expect.arrayContaining(['aliases', 'artifacts', 'audit', 'edges', 'events', 'executions', 'runs', 'versions']),
  );
  expect(ask(file, 'pragma user_version')).toEqual([latest]);
  expect(ask(file, 'pragma journal_mode')).toEqual(['wal']);
});

test('a ledger keeps what is in it when it is opened again', async () => {
  const file = join(emptyFolder(), 'ledger.db');
  await openRun(await newLedger(file), newRun('r1'));
  expect(await findRun(await newLedger(file), 'r1')).toMatchObject({ id: 'r1', status: 'running' });
});

test('a ledger whose upgrade was cut off before it was noted is taken over', async () => {
  const file = join(emptyFolder(), 'ledger.db');
  const first = await openLedger(file);
  await openRun(first, newRun('r1'));
  await first.destroy();
  ask(file, 'pragma user_version = 0');
  expect(await findRun(await newLedger(file), 'r1')).toBeDefined();
  expect(ask(file, 'pragma user_version')).toEqual([latest]);
});

test('a ledger of a newer Anneal is refused and left alone', async () => {
  const folder = emptyFolder();
  const file = join(folder, 'ledger.db');
  await (await openLedger(file)).destroy();
  ask(file, 'pragma user_version = 99');
  const { type, message } = await failureOf(openLedger(file));
  expect(`${type}: ${message.replace(folder, 'FOLDER')}`).toMatchInlineSnapshot(
    `"LedgerTooNew: the ledger FOLDER/ledger.db was written by a newer Anneal: update this checkout, or set ANNEAL_HOME to another folder"`,
  );
  expect(ask(file, 'pragma user_version')).toEqual([99]);
});

test('a place where no ledger can be is named with what to do', async () => {
  const folder = folderWith({ file: 'x' });
  const { type, message } = await failureOf(openLedger(join(folder, 'file', 'ledger.db')));
  expect(`${type}: ${message.replaceAll(folder, 'FOLDER')}`).toMatchInlineSnapshot(
    `"LedgerNotWritable: cannot open the ledger FOLDER/file/ledger.db (EEXIST: file already exists, mkdir 'FOLDER/file'): check the folder's permissions and free space, or set ANNEAL_HOME"`,
  );
});

test('a file that is no ledger is refused and left alone', async () => {
  const folder = emptyFolder();
  writeFileSync(
    join(folder, 'ledger.db'),
    'a letter to my aunt, long enough to be taken for a database header '.repeat(20),
  );
  const { type, message } = await failureOf(openLedger(join(folder, 'ledger.db')));
  expect(`${type}: ${message.replaceAll(folder, 'FOLDER')}`).toMatchInlineSnapshot(
    `"LedgerDamaged: the ledger FOLDER/ledger.db cannot be read (file is not a database): put it back from a backup, or move it away and begin a new one"`,
  );
});

test('processes that open a new ledger at once all get it', async () => {
  const file = join(emptyFolder(), 'ledger.db');
  const at = Date.now() + 400;
  const programs = Array.from({ length: 4 }, (_, i) =>
    runProgram(`
      import { openLedger } from ${JSON.stringify(moduleUrl('artifacts/ledger/open.ts'))};
      import { openRun } from ${JSON.stringify(moduleUrl('artifacts/ledger/runs.ts'))};
      while (Date.now() < ${at}); // all at the same moment
      const ledger = await openLedger(${JSON.stringify(file)});
      await openRun(ledger, { ...${JSON.stringify(newRun(`r${i}`))} });
      await ledger.destroy();
    `),
  );
  expect((await Promise.all(programs.map(({ ended }) => ended))).map(({ output }) => output)).toEqual(['', '', '', '']);
  expect(ask(file, 'select id from runs order by id')).toEqual(['r0', 'r1', 'r2', 'r3']);
});

test('writers in two processes wait for each other instead of failing', async () => {
  const file = join(emptyFolder(), 'ledger.db');
  await newLedger(file);
  const programs = ['a', 'b'].map((name) =>
    runProgram(`
      import { openLedger } from ${JSON.stringify(moduleUrl('artifacts/ledger/open.ts'))};
      import { beginExecution } from ${JSON.stringify(moduleUrl('artifacts/ledger/executions.ts'))};
      const ledger = await openLedger(${JSON.stringify(file)});
      for (let i = 0; i < 60; i++) {
        await beginExecution(ledger, { runId: ${JSON.stringify(name)}, instance: 's' + i, step: 's', stepVersion: '1',
          attempt: 1, worker: 'w', inputs: { x: { digest: 'sha256:' + '0'.repeat(64), type: 'Source' } } });
      }
      await ledger.destroy();
    `),
  );
  expect((await Promise.all(programs.map(({ ended }) => ended))).map(({ output }) => output)).toEqual(['', '']);
  expect(ask(file, 'select count(*) from executions')).toEqual([120]);
});
