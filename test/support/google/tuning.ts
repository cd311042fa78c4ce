import { createHash } from 'node:crypto';
import { countCreate } from '../counted.ts';
import { invalid, Refusal } from './errors.ts';
import type { Fate } from './faults.ts';
import type { StoredVersion } from './models.ts';
import { canonical, newId, time, type GoogleState, type Resource, type StoredJob } from './state.ts';
import { readTrainingData, type TrainingData } from './training-data.ts';
import { settle } from './tuning-end.ts';
import { checkFiles, checkLabels, checkSource, checkSpecification, type Specification } from './tuning-checks.ts';

const ENDED = ['JOB_STATE_SUCCEEDED', 'JOB_STATE_FAILED', 'JOB_STATE_CANCELLED'];

/** What a fault does to a job that is created. */
export interface JobFault {
  fate?: Fate | undefined;
  dropRows?: number | undefined;
}

/** Creates a job, as often as it is asked to. `job` is what `readMessage` gave. */
export async function createTuningJob(
  state: GoogleState,
  parent: string,
  job: Resource,
  fault: JobFault = {},
): Promise<Resource> {
  const location = /\/locations\/([^/]+)$/.exec(parent)?.[1] ?? '';
  if (location === '' || location === 'global') throw invalid(`Tuning is not supported in location "${location}".`);
  checkLabels(job['labels']);
  const source = checkSource(state, job);
  const spec = checkSpecification(job, source.base);
  const displayName = job['tunedModelDisplayName'] as string | undefined;
  if (displayName && displayName.length > 128) throw invalid('tuned_model_display_name has more than 128 characters.');
  await checkFiles(state, spec, location);
  const training = await read(state, spec.trainingDatasetUri, spec, fault.dropRows);
  const validation = spec.validationDatasetUri ? await read(state, spec.validationDatasetUri, spec) : undefined;
  const { maxValidationRows = 5000, concurrentJobs = Infinity } = state.options;
  if (validation && validation.rows > maxValidationRows)
    throw invalid(`The validation dataset has ${validation.rows} examples; the maximum is ${maxValidationRows}.`);
  if (concurrentJobs < Infinity && countUnderWay(state) >= concurrentJobs)
    throw new Refusal(
      'RESOURCE_EXHAUSTED',
      'Quota exceeded for aiplatform.googleapis.com/global_concurrent_tuning_jobs.',
    );

  const now = Date.now();
  const name = `${canonical(parent)}/tuningJobs/${newId()}`;
  const parentVersion = source.parent ? findStored(state, source.parent) : undefined;
  const before = parentVersion?.checkpoints.find((one) => one.checkpointId === source.checkpointId) ?? parentVersion;
  const problem = training.problem ?? validation?.problem;
  const tokens = training.tokens * spec.epochs;
  const labels = job['labels'] as Record<string, string> | undefined;
  const stored: StoredJob = {
    resource: {
      ...job,
      name,
      createTime: time(now),
      updateTime: time(now),
      state: 'JOB_STATE_PENDING',
      ...(source.parent ? { preTunedModel: { ...(job['preTunedModel'] as Resource), baseModel: source.base } } : {}),
      experiment: `${canonical(parent)}/metadataStores/default/contexts/tuning-experiment-${name.split('/').at(-1)}`,
    },
    createdAt: now,
    pendingMs: state.options.pendingMs ?? 0,
    runningMs: state.options.runningMs ?? 0,
    cancellingMs: state.options.cancellingMs ?? 0,
    base: source.base,
    epochs: spec.epochs,
    learned: [
      ...(before?.learned ?? []),
      { digest: state.objects ? state.lessons.keep(training.lessons) : null, share: 1 },
    ],
    billableTokens: tokens,
    stats: statsOf(training, spec),
    ...(source.parent ? { parentModel: source.parent } : {}),
    ...(spec.epochs === state.options.foreverEpochs ? { fate: 'running-for-ever' as const } : {}),
    ...(fault.fate ? { fate: fault.fate } : {}),
    ...(problem ? { failure: { code: 3, message: problem } } : {}),
  };
  state.journal.change([
    ...(fault.fate === 'deleted' ? [] : [{ kind: 'tuningJobs', name, value: stored }]),
    countCreate(name, labels),
  ]);
  return stored.resource;
}

/** The job as it stands. Throws NOT_FOUND. */
export function getTuningJob(state: GoogleState, name: string): Resource {
  return visible(state, stored(state, name));
}

/** All jobs of a location, the newest first. `filter` is `labels.k="v"`, with `AND` for several, or `state="…"`. */
export function listTuningJobs(state: GoogleState, parent: string, filter = ''): Resource[] {
  const inside = allJobs(state).filter(({ resource }) => resource.name.startsWith(`${canonical(parent)}/tuningJobs/`));
  const fits = filterOf(state.options.ignoreFilter ? '' : filter);
  return inside
    .map((job) => visible(state, job))
    .filter(fits)
    .toReversed();
}

/** Asks a job to end. Throws FAILED_PRECONDITION for one that has ended. */
export function cancelTuningJob(state: GoogleState, name: string): void {
  const job = settle(state, stored(state, name));
  const now = String(job.resource['state']);
  if (ENDED.includes(now))
    throw new Refusal('FAILED_PRECONDITION', `The job ${name} is in state ${now}; it cannot be cancelled.`);
  state.journal.put('tuningJobs', job.resource.name, { ...job, cancelledAt: job.cancelledAt ?? Date.now() });
}

/** Every job, with its state brought up to now. */
export function allJobs(state: GoogleState): StoredJob[] {
  return state.journal.all<StoredJob>('tuningJobs').map(([, job]) => settle(state, job));
}

const countUnderWay = (state: GoogleState): number =>
  allJobs(state).filter(({ resource }) => !ENDED.includes(String(resource['state']))).length;

/** A filter of Google's lists, over labels and fields. Throws INVALID_ARGUMENT for one that cannot be read. */
export function filterOf(filter: string): (resource: Resource) => boolean {
  if (filter.trim() === '') return () => true;
  const terms = filter.split(/\s+AND\s+/i).map((term) => {
    const [, path, quoted, bare] = /^\s*([\w.-]+)\s*=\s*(?:"([^"]*)"|(\S+))\s*$/.exec(term) ?? [];
    if (!path) throw invalid(`Invalid filter: "${filter}".`, 'filter');
    const name = path.replace(/_([a-z])/g, (whole, letter: string) =>
      path.startsWith('labels.') ? whole : letter.toUpperCase(),
    );
    return { name, value: quoted ?? bare };
  });
  return (resource) =>
    terms.every(({ name, value }) =>
      name.startsWith('labels.')
        ? (resource['labels'] as Record<string, string> | undefined)?.[name.slice(7)] === value
        : String(resource[name]) === value,
    );
}

function stored(state: GoogleState, name: string): StoredJob {
  const job = state.journal.get<StoredJob>('tuningJobs', canonical(name));
  if (!job) throw new Refusal('NOT_FOUND', `TuningJob ${name} is not found.`);
  return job;
}

const findStored = (state: GoogleState, name: string): StoredVersion | undefined =>
  state.journal.get<StoredVersion>('models', name);

function visible(state: GoogleState, job: StoredJob): Resource {
  return settle(state, job).resource;
}

/** Files that were read; a bench trains on the same one a thousand times. */
const known = new Map<string, TrainingData>();

async function read(state: GoogleState, uri: string, { kind }: Specification, dropRows = 0): Promise<TrainingData> {
  const { maxTokens = 131_072 } = state.options;
  if (!state.objects) return { lessons: [], rows: 100, tokens: 1000, characters: 5000, dropped: [] };
  const bytes = await state.objects.read(uri);
  const key = `${kind} ${maxTokens} ${dropRows} ${createHash('sha256').update(bytes).digest('hex')}`;
  const data = known.get(key) ?? readTrainingData(bytes.toString('utf8'), { kind, maxTokens, dropRows });
  known.set(key, data);
  return data;
}

function statsOf(data: TrainingData, { kind, epochs }: Specification): Resource {
  const distribution = { sum: String(data.tokens), billableSum: String(data.tokens) };
  return {
    [kind === 'supervised' ? 'supervisedTuningDataStats' : 'preferenceOptimizationDataStats']: {
      tuningDatasetExampleCount: String(data.rows),
      totalTuningCharacterCount: String(data.characters),
      // Of the data set, not of all epochs, as the proto says.
      totalBillableTokenCount: String(data.tokens),
      tuningStepCount: String(stepsOf(data.rows) * epochs),
      userInputTokenDistribution: distribution,
      totalTruncatedExampleCount: String(data.dropped.length),
      truncatedExampleIndices: data.dropped.slice(0, 100).map(({ row }) => String(row)),
      droppedExampleReasons: data.dropped.slice(0, 100).map(({ reason }) => reason),
    },
  };
}

const stepsOf = (rows: number): number => Math.max(1, Math.ceil(rows / 16));
