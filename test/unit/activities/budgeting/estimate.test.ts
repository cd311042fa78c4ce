import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { estimateTraining, trainingUsd } from '../../../../activities/budgeting/estimate.ts';
import { beginExecution, completeExecution, noteExecution } from '../../../../artifacts/ledger/executions.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { openRun } from '../../../../artifacts/ledger/runs.ts';
import { failureOf } from '../../support/failures.ts';
import { emptyFolder } from '../../support/folder.ts';
import { beginning, newLedger, newRun, recipe } from '../../support/ledger.ts';

const settings = { ...recipe.tune, iterations: 100, batchSize: 4 };
const base = recipe.model.base;

async function past(ledger: Ledger, run: string, iterations: number, spent: object, name = recipe.name): Promise<void> {
  await openRun(ledger, newRun(run, { recipe: { ...recipe, name } }));
  const { id } = await beginExecution(ledger, beginning(run, 'tune'));
  await noteExecution(ledger, id, { parts: { 'params.iterations': String(iterations), 'params.batchSize': '4' } });
  await completeExecution(ledger, id, { outputs: {}, metrics: {}, facts: {}, cost: { ...spent } });
}

/** Rows whose answers are of 60 letters: 10 to 24 tokens. */
function rows(): string {
  const file = join(emptyFolder(), 'train.jsonl');
  const row = {
    messages: [
      { role: 'user', content: 'q'.repeat(6000) },
      { role: 'assistant', content: 'a'.repeat(60) },
    ],
  };
  writeFileSync(file, `${JSON.stringify(row)}\n`.repeat(3));
  return file;
}

test('a training costs what the dearest of the last three of its line did, by its number of rows', async () => {
  const ledger = await newLedger();
  await past(ledger, 'a', 200, { seconds: 20, tokens: 2000 });
  await past(ledger, 'b', 100, { seconds: 12, tokens: 900 });
  expect(await estimateTraining(ledger, { line: recipe.name, base, settings, train: undefined })).toEqual({
    tokens: 1000,
    trainerSeconds: 12,
  });
});

test('the first of a line is guessed from its rows, and its time from other lines on the same base model', async () => {
  const ledger = await newLedger();
  await past(ledger, 'a', 100, { seconds: 10, tokens: 1000 }, 'other');
  expect(await estimateTraining(ledger, { line: recipe.name, base, settings, train: rows() })).toEqual({
    tokens: 17 * 400,
    trainerSeconds: 68,
  });
  expect(await estimateTraining(ledger, { line: recipe.name, base: 'another/base', settings, train: rows() })).toEqual({
    tokens: 17 * 400,
    trainerSeconds: 0,
  });
});

test('where the prompt is learned as well, it counts', async () => {
  const learnsAll = { ...settings, maskPrompt: false };
  const { tokens } = await estimateTraining(await newLedger(), {
    line: recipe.name,
    base,
    settings: learnsAll,
    train: rows(),
  });
  expect(tokens).toBeGreaterThan(1000 * 400);
});

test('what runs here costs nothing; elsewhere a bound in money needs a price', async () => {
  const of = { base: 'org/name', settings, isHere: false, isBounded: true };
  expect(trainingUsd(1e6, { ...of, isHere: true })).toBe(0);
  expect(trainingUsd(1e6, { ...of, settings: { ...settings, price: { training: 3 } } })).toBe(3);
  expect(trainingUsd(1e6, { ...of, isBounded: false })).toBe(0);
  expect(await failureOf(Promise.resolve().then(() => trainingUsd(1e6, of)))).toMatchObject({
    type: 'UnknownPrice',
    message:
      'the budget is in usd, and no price is known for org/name: give tune.price: { training: … } in the recipe, in US dollars for a million tokens',
  });
});
