import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { env, execPath } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { pipelineJob, type MadeArtifact } from '../../artifacts/export/kfp/job.ts';
import { digestOf } from '../../artifacts/canonical.ts';
import { readRecipe } from '../../configs/recipe-file.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { root } from '../../scripts/toolchain.js';
import { kfpPython } from '../support/kfp/python.ts';

const run = promisify(execFile);
const kfp = await kfpPython();
const reason = 'reason' in kfp ? kfp.reason : undefined;
const python = 'python' in kfp ? kfp.python : '';
const support = join(root, 'test', 'support', 'kfp');
const folder = mkdtempSync(join(tmpdir(), 'kfp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// What a task's container calls; `anneal step` itself takes minutes for a whole run.
writeFileSync(join(folder, 'anneal'), `#!/bin/sh\nexec "${execPath}" "${join(support, 'anneal.js')}" "$@"\n`, {
  mode: 0o755,
});

interface Checked {
  name: string;
  inputs: string[];
  ran: string[];
}

/** Loads a job as kfp does and, with a verdict, runs it with kfp's own local orchestrator. */
async function check(job: object, verdict?: string): Promise<Checked> {
  const file = join(folder, 'job.json');
  writeFileSync(file, JSON.stringify(job));
  const args = [join(support, 'check.py'), file, ...(verdict === undefined ? [] : [join(folder, 'outputs')])];
  const variables = { ...env, PATH: `${folder}${delimiter}${env['PATH']}`, VERDICT: verdict ?? '' };
  const { stdout } = await run(python, args, { env: variables });
  return JSON.parse(stdout.slice(stdout.indexOf('{"name"'))) as Checked;
}

const recipe = readRecipe(join(root, 'examples', 'support-triage', 'recipe.yaml')).recipe as Recipe;
const made: MadeArtifact[] = (
  [
    ['tune', 'model', 'Model'],
    ['gate', 'verdict', 'GateVerdict'],
    ['prepare', 'train', 'Dataset'],
  ] as const
).map(([step, role, type]) => ({ step, role, artifact: { digest: digestOf(role), type, bytes: 12, files: 1 } }));
const input = { recipe, image: 'anneal:0.1.0', storeUrl: 'file:///state/store' };

describe.skipIf(reason !== undefined)(`kfp takes the export${reason ? ` (${reason})` : ''}`, () => {
  test('a recipe is loaded, and runs step by step as far as a promotion goes', async () => {
    const { name, ran } = await check(pipelineJob(input), 'promote');
    expect(name).toBe('anneal-support-triage');
    expect(ran).toEqual(['ingest', 'prepare', 'tune', 'evaluate', 'gate', 'register', 'champion']);
  });

  test('a rejected model becomes no champion', async () => {
    expect((await check(pipelineJob(input), 'reject')).ran.at(-1)).toBe('register');
  });

  test('a run is loaded with the addresses of what it made', async () => {
    const job = pipelineJob({ ...input, run: { id: 'support-triage-1', made }, root: 'gs://acme/pipelines' });
    const { inputs } = await check(job);
    expect(inputs.filter((name) => name.endsWith('_uri'))).toEqual([
      'made_gate_verdict_uri',
      'made_prepare_train_uri',
      'made_tune_model_uri',
      'source_test_uri',
      'source_train_uri',
    ]);
  });

  test('judges, attacks and made-up rows are tasks of their own', async () => {
    const evaluate = { ...recipe.evaluate, safety: {} as never, judges: {} as never };
    const wide = { ...recipe, synthesize: {} as never, evaluate };
    const { ran } = await check(pipelineJob({ ...input, recipe: wide }), 'promote');
    expect(ran.join(' ')).toBe('ingest prepare synthesize tune evaluate judge probe gate register champion');
  });
});
