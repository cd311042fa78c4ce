import { invalid, Refusal } from './errors.ts';
import { GENERATE, readMessage } from './fields.ts';
import { generateContent, mindOf } from './generate.ts';
import { canonical, newId, time, type GoogleState, type Resource } from './state.ts';
import { checkLabels } from './tuning-checks.ts';

interface StoredBatch {
  resource: Resource & { name: string };
  createdAt: number;
  pendingMs: number;
  runningMs: number;
  cancelledAt?: number;
  outputDirectory: string;
  answered: number;
  failed: number;
}

/** Creates a batch prediction job: reads its JSONL from Cloud Storage and writes the answers there, in another order. */
export async function createBatch(state: GoogleState, parent: string, job: Resource): Promise<Resource> {
  const { model, inputConfig, outputConfig } = job as {
    model?: string;
    inputConfig?: { instancesFormat?: string; gcsSource?: { uris?: string[] } };
    outputConfig?: { predictionsFormat?: string; gcsDestination?: { outputUriPrefix?: string } };
  };
  const uris = inputConfig?.gcsSource?.uris ?? [];
  const prefix = outputConfig?.gcsDestination?.outputUriPrefix;
  checkLabels(job['labels']);
  if (!model) throw invalid('model is required.', 'batch_prediction_job.model');
  if (uris.length === 0 || inputConfig?.instancesFormat !== 'jsonl')
    throw invalid('inputConfig has to be JSONL in Cloud Storage.');
  if (!prefix || outputConfig?.predictionsFormat !== 'jsonl')
    throw invalid('outputConfig has to be JSONL in Cloud Storage.');
  if (!state.objects) throw invalid('This server was started without Cloud Storage.');
  mindOf(state, model);
  const now = Date.now();
  const name = `${canonical(parent)}/batchPredictionJobs/${newId()}`;
  const outputDirectory = `${prefix.replace(/\/$/, '')}/prediction-model-${time(now)}`;
  const lines: string[] = [];
  let failed = 0;
  for (const uri of uris) {
    if ((await state.objects.size(uri)) === undefined) throw invalid(`Cloud Storage object ${uri} does not exist.`);
    for (const line of (await state.objects.read(uri)).toString('utf8').split('\n')) {
      if (line.trim() === '') continue;
      const answer = answerLine(state, model, line);
      if (answer.status !== '') failed += 1;
      lines.push(JSON.stringify({ ...answer, processed_time: time(now) }));
    }
  }
  await state.objects.write(`${outputDirectory}/predictions.jsonl`, `${lines.toReversed().join('\n')}\n`);
  const stored: StoredBatch = {
    resource: { ...job, name, createTime: time(now), updateTime: time(now) },
    createdAt: now,
    pendingMs: state.options.pendingMs ?? 0,
    runningMs: state.options.runningMs ?? 0,
    outputDirectory,
    answered: lines.length - failed,
    failed,
  };
  state.journal.put('batchPredictionJobs', name, stored);
  return visible(stored, 'PENDING');
}

/** The job as it stands. Throws NOT_FOUND. */
export function getBatch(state: GoogleState, name: string): Resource {
  const job = state.journal.get<StoredBatch>('batchPredictionJobs', canonical(name));
  if (!job) throw new Refusal('NOT_FOUND', `BatchPredictionJob ${name} is not found.`);
  return visible(job);
}

/** Jobs of a location, the newest first. */
export function listBatches(state: GoogleState, parent: string): Resource[] {
  return state.journal
    .all<StoredBatch>('batchPredictionJobs')
    .filter(([name]) => name.startsWith(`${canonical(parent)}/`))
    .map(([, job]) => visible(job))
    .toReversed();
}

/** Asks a job to end. */
export function cancelBatch(state: GoogleState, name: string): void {
  const resource = getBatch(state, name);
  const job = state.journal.get<StoredBatch>('batchPredictionJobs', canonical(name)) as StoredBatch;
  if (resource['endTime']) throw new Refusal('FAILED_PRECONDITION', `The job ${name} has ended.`);
  state.journal.put('batchPredictionJobs', job.resource.name, { ...job, cancelledAt: Date.now() });
}

function visible(job: StoredBatch, first?: string): Resource {
  const startedAt = job.createdAt + job.pendingMs;
  const endedAt = startedAt + job.runningMs;
  const now = Date.now();
  const as = (state: string, more: Resource = {}): Resource => ({
    ...job.resource,
    state: `JOB_STATE_${state}`,
    ...more,
  });
  if (job.cancelledAt !== undefined) return as('CANCELLED', { endTime: time(job.cancelledAt) });
  if (first) return as(first);
  if (now < startedAt) return as('PENDING');
  if (now < endedAt) return as('RUNNING', { startTime: time(startedAt) });
  return as('SUCCEEDED', {
    startTime: time(startedAt),
    endTime: time(endedAt),
    outputInfo: { gcsOutputDirectory: job.outputDirectory },
    completionStats: { successfulCount: String(job.answered), failedCount: String(job.failed) },
  });
}

function answerLine(
  state: GoogleState,
  model: string,
  line: string,
): { status: string; request?: unknown; response?: unknown } {
  let row: { request?: unknown };
  try {
    row = JSON.parse(line) as { request?: unknown };
    return { status: '', ...row, response: generateContent(state, model, readMessage(row.request, GENERATE)) };
  } catch (error) {
    return { status: `Bad Request: ${error instanceof Error ? error.message : String(error)}`, request: line };
  }
}
