import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A trainer that keeps to docs/tuners.md, learns nothing and takes milliseconds. Its loss falls from 2, or from 1 when
 * it starts from an earlier model. What is to go wrong stands in FAKE_TRAINER_FAULTS/LABEL.json.
 */
export interface TrainerFaults {
  /** Waits before its first line, in ms. */
  slowStart?: number;
  /** Never writes a line. */
  stuck?: boolean;
  /** Exit codes of the first starts. */
  exits?: number[];
  /** Writes this as its result. */
  result?: string;
  /** Writes this between its progress lines. */
  garbage?: string;
  /** Dies by SIGKILL after this step, once. */
  dieAt?: number;
}

interface Spec {
  start: { folder: string } | null;
  label: string;
  settings: { iterations: number; checkpointEvery: number; method: string; lora: { rank: number } };
}

const job = process.env['ANNEAL_JOB'] as string;
const output = process.env['ANNEAL_OUTPUT'] as string;
const spec = JSON.parse(readFileSync(process.env['ANNEAL_SPEC'] as string, 'utf8')) as Spec;
const { iterations, checkpointEvery, method, lora } = spec.settings;
const place = process.env['FAKE_TRAINER_FAULTS'];
const faults = readJson<TrainerFaults>(join(place ?? job, `${spec.label}.json`)) ?? {};
const rows = readFileSync(join(job, 'train.jsonl'), 'utf8').trim().split('\n').length;

appendFileSync(join(job, 'trainings'), `${process.pid}\n`);
const starts = readFileSync(join(job, 'trainings'), 'utf8').trim().split('\n').length;
console.log(`start ${starts} on ${rows} rows`);
writeFileSync(join(job, 'environment.json'), JSON.stringify(process.env));

if (faults.slowStart) await sleep(faults.slowStart);
if (faults.stuck) await sleep(600_000);
const code = faults.exits?.[starts - 1];
if (code !== undefined) {
  console.error(`told to end with ${code}`);
  process.exit(code);
}
if (rows === 1) {
  console.error('One row is too few to learn from; give more.');
  process.exit(65);
}
const earlier = spec.start && readJson<{ rank: number }>(join(spec.start.folder, 'adapter_config.json'));
if (spec.start && earlier?.rank !== lora.rank) {
  console.error(`The model to start from has lora.rank ${earlier?.rank}, this training ${lora.rank}.`);
  process.exit(67);
}

const kept = join(job, 'checkpoints', 'step.json');
const from = readJson<{ step: number }>(kept)?.step ?? 0;
event('start', { step: from, steps: iterations });
if (faults.garbage !== undefined) appendFileSync(join(job, 'progress.jsonl'), faults.garbage);
for (let step = from + 1; step <= iterations; step += 1) {
  event('step', { step, steps: iterations, loss: lossAt(step), tokensPerSecond: 1000 });
  if (step % checkpointEvery === 0) {
    mkdirSync(join(job, 'checkpoints'), { recursive: true });
    writeFileSync(kept, JSON.stringify({ step }));
    event('checkpoint', { step });
  }
  if (faults.dieAt === step && starts === 1) process.kill(process.pid, 'SIGKILL');
  if (iterations > 1000) await sleep(5);
}

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const kind = method === 'full' ? 'full' : 'adapter';
const files = kind === 'full' ? ['config.json', 'model.safetensors'] : ['adapter_config.json', 'adapters.safetensors'];
for (const name of files) writeFileSync(join(output, name), JSON.stringify({ rank: lora.rank, steps: iterations }));
writeFileSync(join(output, 'tokenizer.json'), '{}');
writeFileSync(join(output, 'chat_template.jinja'), '{{ messages }}');
const result = { kind, steps: iterations, trainedTokens: rows * iterations, device: 'fake' };
writeFileSync(join(job, 'result.json'), faults.result ?? JSON.stringify(result));

function lossAt(step: number): number {
  return (spec.start ? 1 : 2) / (1 + step / 10);
}

function event(name: string, fields: object): void {
  const line = JSON.stringify({ event: name, at: new Date().toISOString(), ...fields });
  appendFileSync(join(job, 'progress.jsonl'), `${line}\n`);
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what it wrote
function readJson<T>(path: string): T | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
}
