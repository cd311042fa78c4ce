import { terminal } from '../../configs/failure.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import { plain } from '../../configs/plain.ts';
import type { TuneResult, TuneSettings } from '../contracts.ts';
import { writeRemoteModel } from '../remote/model-file.ts';
import { chooseCheckpoint } from './choose.ts';
import { baseOf, type TuningJob } from './job.ts';

const MAX_REASONS = 20;
const MAX_REASON = 300;

/** What reading a job's outcome needs. */
export interface Collecting {
  folder: string;
  /** Where answers of checkpoints are kept, since they are paid for. */
  kept: string;
  settings: TuneSettings;
  project: string;
  location: string;
  address(path: string): string;
  signal: AbortSignal;
}

/** Writes down which model a job made, and what the service says of its rows. */
export async function collectTuned(job: TuningJob, at: Collecting): Promise<TuneResult> {
  const { folder, project, location } = at;
  const { tunedModel, name } = job;
  if (!tunedModel?.model && !tunedModel?.endpoint)
    throw terminal(
      'NoTunedModel',
      `Vertex AI says that the job ${plain(name)} succeeded, and names no model: look at its page in the console`,
    );
  const chosen = await chooseCheckpoint(job, at);
  const spec = job.supervisedTuningSpec ?? job.preferenceOptimizationSpec;
  const model: RemoteModel = {
    provider: 'vertex',
    model: chosen?.checkpoint.endpoint ?? tunedModel.endpoint ?? tunedModel.model ?? '',
    base: baseOf(job),
    job: name,
    project,
    location,
    ...(tunedModel.model === undefined ? {} : { registered: tunedModel.model }),
    ...(chosen === undefined ? {} : { checkpoint: chosen.checkpoint.checkpointId }),
  };
  await writeRemoteModel(folder, model);
  const stats = job.tuningDataStats?.supervisedTuningDataStats ?? job.tuningDataStats?.preferenceOptimizationDataStats;
  const epochs =
    spec?.hyperParameters?.epochCount ?? Math.max(1, ...(tunedModel.checkpoints ?? []).map(({ epoch }) => epoch ?? 1));
  return {
    folder,
    kind: 'remote',
    steps: stats?.tuningStepCount,
    // Tokens of the data set, as the service bills them, once for each epoch.
    trainedTokens: (stats?.totalBillableTokenCount ?? 0) * epochs,
    droppedCount: stats?.totalTruncatedExampleCount ?? 0,
    droppedReasons: (stats?.droppedExampleReasons ?? [])
      .slice(0, MAX_REASONS)
      .map((reason) => plain(reason).slice(0, MAX_REASON)),
    rows: stats?.tuningDatasetExampleCount,
    seconds: secondsOf(job),
    curve: [],
    device: `Vertex AI, ${location}`,
    ...(chosen ? { bestStep: chosen.step, devRows: chosen.rows, dev: chosen.dev, usd: chosen.usd } : {}),
  };
}

function secondsOf({ startTime, endTime }: TuningJob): number {
  const ms = Date.parse(endTime ?? '') - Date.parse(startTime ?? '');
  return Number.isFinite(ms) ? Math.max(0, ms / 1000) : 0;
}
