import { spend } from '../counted.ts';
import { knownAt } from '../lessons.ts';
import { versionsOf, type StoredCheckpoint, type StoredEndpoint, type StoredVersion } from './models.ts';
import { newId, time, type GoogleState, type Resource, type StoredJob } from './state.ts';

/** Brings a job up to now; its end is written once. */
export function settle(state: GoogleState, job: StoredJob): StoredJob {
  if (job.isSettled) return job;
  const now = Date.now();
  const startedAt = job.createdAt + job.pendingMs;
  const endedAt = startedAt + (job.failure ? 0 : job.runningMs);
  const as = (name: string, more: Resource = {}): StoredJob => ({
    ...job,
    resource: { ...job.resource, ...more, state: `JOB_STATE_${name}`, updateTime: time(now) },
  });
  const ended = (name: string, at: number, more: Resource): StoredJob => {
    const done = { ...as(name, { endTime: time(at), ...more }), isSettled: true };
    state.journal.put('tuningJobs', job.resource.name, done);
    return done;
  };
  const start = { startTime: time(startedAt) };
  const isPending = job.fate === 'pending-for-ever' || (job.cancelledAt ?? now) < startedAt;
  if (job.cancelledAt !== undefined) {
    const at = job.cancelledAt + job.cancellingMs;
    if (now < at) return as('CANCELLING');
    const error = { code: 1, message: 'The job was cancelled.' };
    return ended('CANCELLED', at, { ...(isPending ? {} : start), error });
  }
  if (isPending || now < startedAt) return as('PENDING');
  if (job.fate === 'running-for-ever' || now < endedAt) return as('RUNNING', start);
  if (job.fate === 'failed-empty') return ended('FAILED', endedAt, { ...start, error: { code: 13, message: '' } });
  if (job.fate === 'failed')
    return ended('FAILED', endedAt, { ...start, error: { code: 13, message: 'Internal error occurred.' } });
  if (job.failure) return ended('FAILED', endedAt, { ...start, error: job.failure });
  return succeed(state, as('SUCCEEDED', { ...start, endTime: time(endedAt) }));
}

function succeed(state: GoogleState, job: StoredJob): StoredJob {
  const { name } = job.resource;
  const [place = '', id = ''] = name.split('/tuningJobs/');
  const parent = job.parentModel?.split('@')[0];
  const displayName = job.resource['tunedModelDisplayName'] ?? `tuned-${id}`;
  const siblings = parent ? versionsOf(state, parent) : [];
  const isNext = siblings[0]?.resource['displayName'] === displayName;
  const model = isNext && parent ? parent : `${place}/models/${id}`;
  const versionId = String(isNext ? siblings.length + 1 : 1);
  const endpoints: StoredEndpoint[] = [];
  const endpointFor = (checkpointId: string, suffix: string): string => {
    const address = `${place}/endpoints/${id}${suffix}`;
    endpoints.push({
      resource: {
        name: address,
        displayName,
        ...(job.resource.labels ? { labels: job.resource.labels } : {}),
        createTime: time(Date.now()),
        deployedModels: [{ id: '1', model, modelVersionId: versionId, checkpointId }],
        trafficSplit: { '1': 100 },
      },
    });
    return address;
  };
  const spec = (job.resource['supervisedTuningSpec'] ?? job.resource['preferenceOptimizationSpec']) as Resource;
  const epochs = spec['exportLastCheckpointOnly'] ? [job.epochs] : exported(job.epochs);
  const stats = Object.values(job.stats)[0] as { tuningStepCount: string };
  const steps = Number(stats.tuningStepCount);
  const checkpoints = epochs.map((epoch, i): StoredCheckpoint => {
    const checkpointId = String(i + 1);
    return {
      checkpointId,
      epoch,
      step: Math.round((steps * epoch) / job.epochs),
      endpoint: endpointFor(checkpointId, epoch === job.epochs ? '' : String(i + 1)),
      learned: knownAt(job.learned, epoch / job.epochs),
    };
  });
  const last = checkpoints.at(-1) as StoredCheckpoint;
  const version: StoredVersion = {
    name: `${model}@${versionId}`,
    base: job.base,
    learned: job.learned,
    checkpoints,
    resource: {
      displayName,
      versionId,
      versionAliases: versionId === '1' ? ['default'] : [],
      createTime: siblings[0] && isNext ? siblings[0].resource['createTime'] : time(Date.now()),
      versionCreateTime: time(Date.now()),
      labels: { ...job.resource.labels, 'google-vertex-llm-tuning-base-model-id': job.base.replaceAll('.', '-') },
      baseModelSource: { modelGardenSource: { publicModelName: `publishers/google/models/${job.base}` } },
      defaultCheckpointId: last.checkpointId,
      checkpoints: checkpoints.map(({ checkpointId, epoch, step }) => ({
        checkpointId,
        epoch: String(epoch),
        step: String(step),
      })),
      etag: newId(),
    },
  };
  const done: StoredJob = {
    ...job,
    isSettled: true,
    resource: {
      ...job.resource,
      tuningDataStats: job.stats,
      tunedModel: {
        model: version.name,
        endpoint: last.endpoint,
        ...(checkpoints.length > 1 ? { checkpoints: checkpoints.map(told) } : {}),
      },
    },
  };
  state.journal.change([
    { kind: 'models', name: version.name, value: version },
    ...endpoints.map((value) => ({ kind: 'endpoints', name: value.resource.name, value })),
    spend(name, job.billableTokens, state.priceOf(job.base)),
    { kind: 'tuningJobs', name, value: done },
  ]);
  return done;
}

const told = ({ checkpointId, epoch, step, endpoint }: StoredCheckpoint): Resource => ({
  checkpointId,
  epoch: String(epoch),
  step: String(step),
  endpoint,
});

/** Epochs after which a checkpoint is kept: ten at most, the last one among them. */
function exported(epochs: number): number[] {
  const all = Array.from({ length: epochs }, (_, i) => i + 1);
  return epochs <= 10
    ? all
    : all.filter((epoch) => Math.ceil((epoch * 10) / epochs) !== Math.ceil(((epoch + 1) * 10) / epochs));
}
