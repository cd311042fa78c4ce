import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closeRun, openRun } from '../../../artifacts/ledger/runs.ts';
import { pack, unpack } from '../../../cli/pipeline/archive.ts';
import { pastStep } from '../../../cli/pipeline/carry.ts';
import { executorInput, pathOf, setsOf } from '../../../cli/pipeline/executor-input.ts';
import { newLedger, newRun } from '../support/ledger.ts';

test('parameters of a pipeline are overrides of the recipe, and its sources too', () => {
  const input = executorInput(
    JSON.stringify({
      inputs: {
        parameterValues: { recipe: '{}', tune_lora_rank: 4, tune_schedule: 'true', store: 'gs://a/b' },
        artifacts: { train: { artifacts: [{ name: 'artifact', uri: 'gs://rows/train.jsonl' }] } },
      },
    }),
  );
  expect(setsOf(input)).toEqual([
    'tune.lora.rank=4',
    'tune.schedule="true"',
    'store="gs://a/b"',
    'data.train.uri="gs://rows/train.jsonl"',
  ]);
});

test.each([undefined, '{{$}}', '{"inputs":{"artifacts":{"state":{}}}}'])(
  'what no pipeline wrote is refused: %s',
  (text) => {
    expect(() => executorInput(text)).toThrow(/executor-input/);
  },
);

test('a bucket that is not mounted is said', () => {
  expect(pathOf('/outputs/model')).toBe('/outputs/model');
  expect(() => pathOf('gs://no-such-bucket/model')).toThrow('not mounted at /gcs/no-such-bucket');
});

test('a state folder goes from task to task as one file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
  writeFileSync(join(folder, 'ledger.db'), 'rows');
  const archive = join(tmpdir(), `archive-${process.pid}`, 'state.tar');
  mkdirSync(join(folder, 'cache'));
  await pack(folder, archive, ['cache']);
  await unpack(archive, join(folder, 'next'));
  expect(readFileSync(join(folder, 'next', 'ledger.db'), 'utf8')).toBe('rows');
  expect(existsSync(join(folder, 'next', 'cache'))).toBe(false);
  rmSync(folder, { recursive: true });
  rmSync(join(archive, '..'), { recursive: true });
});

test('a task of a step that the recipe does not have is told so', async () => {
  const ledger = await newLedger();
  await openRun(ledger, newRun('r1'));
  await closeRun(ledger, { id: 'r1', status: 'completed' });
  expect((await pastStep(ledger, 'r1', 'tune')).status).toBe('completed');
  await expect(pastStep(ledger, 'r1', 'tuen')).rejects.toThrow('no step "tuen": its steps are ingest, prepare, tune,');
});
