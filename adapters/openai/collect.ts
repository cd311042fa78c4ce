import { terminal } from '../../configs/failure.ts';
import type { RemoteJob, TuneResult, TuneSettings } from '../contracts.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { writeRemoteModel } from '../remote/model-file.ts';
import { curveOf, lossesIn, pointAt, pointOf, type Point } from './events.ts';
import { checkpointsOf, eventsOf, type At } from './extras.ts';
import { Job, type Checkpoint } from './replies.ts';
import { pointsInCsv } from './result-file.ts';
import { placeOf } from './server.ts';
import { Staged } from './stage.ts';

/** Result files that are looked into for the curve. */
const MAX_FILES = 5;

/** What a job that succeeded made: the name of its model, and what is known of the training. */
export async function collectJob(
  at: At,
  { job, request, folder, settings }: { job: RemoteJob; request: unknown; folder: string; settings: TuneSettings },
  signal: AbortSignal,
): Promise<TuneResult> {
  const { server } = at;
  const staged = Staged.parse(request);
  const found = Job.parse(job.raw);
  const wantsBest = settings.choose?.checkpoint === 'best';
  const checkpoints = await checkpointsOf(at, found.id, signal, { isNeeded: wantsBest });
  const events = await eventsOf(at, found.id, signal);
  const best = wantsBest ? bestOf(checkpoints) : undefined;
  const model = best?.model ?? found.fine_tuned_model ?? checkpoints.at(-1)?.fine_tuned_model_checkpoint;
  if (model === undefined)
    throw terminal(
      'NoModelNamed',
      `the job ${found.id} at ${server.host} succeeded and names no tuned model: look for it on the server, or report it to whoever runs it`,
    );
  await writeRemoteModel(folder, {
    provider: 'openai',
    model,
    base: staged.base,
    ...(best?.checkpoint === undefined ? {} : { checkpoint: best.checkpoint }),
    job: found.id,
    ...placeOf(server),
  });
  const points = await pointsOf(
    at,
    found,
    { events: events.flatMap((event) => pointOf(event) ?? []), checkpoints },
    signal,
  );
  const curve = curveOf(points);
  const steps = Math.max(0, ...points.map(({ step }) => step));
  const finalLoss = curve.at(-1)?.loss;
  const { dropped, truncated, reasons } = lossesIn(events);
  const droppedReasons = [...staged.reasons, ...reasons];
  return {
    folder,
    kind: 'remote',
    ...(steps === 0 ? {} : { steps }),
    ...(finalLoss === undefined ? {} : { finalLoss }),
    trainedTokens: found.trained_tokens ?? staged.tokens,
    droppedCount: staged.leftOut + dropped,
    ...(truncated === 0 ? {} : { truncatedCount: truncated }),
    ...(droppedReasons.length === 0 ? {} : { droppedReasons }),
    rows: staged.rows + staged.devRows + staged.leftOut,
    seconds: secondsOf(job),
    curve,
    device: server.host,
    ...(best ? { devRows: staged.devRows, dev: best.dev, bestStep: best.step } : {}),
  };
}

interface Best {
  model: string;
  checkpoint: string | undefined;
  step: number;
  dev: { step: number; loss: number }[];
}

/** The kept state with the least loss on the rows held out; undefined: the server tells of none. */
function bestOf(checkpoints: readonly Checkpoint[]): Best | undefined {
  const known = checkpoints.flatMap(({ id, fine_tuned_model_checkpoint: model, step_number, metrics }) => {
    const loss = metrics?.full_valid_loss ?? metrics?.valid_loss;
    const step = step_number ?? metrics?.step;
    return model === undefined || loss === undefined || step === undefined ? [] : [{ id, model, loss, step }];
  });
  const dev = known.map(({ step, loss }) => ({ step, loss })).toSorted((a, b) => a.step - b.step);
  const [first] = known.toSorted((a, b) => a.loss - b.loss || a.step - b.step);
  return first && { model: first.model, checkpoint: first.id?.slice(0, 100), step: first.step, dev };
}

/** Step and loss: out of the result file, which has all of them, else of the events, else of the kept states. */
async function pointsOf(
  { call }: At,
  job: Job,
  known: { events: Point[]; checkpoints: readonly Checkpoint[] },
  signal: AbortSignal,
): Promise<Point[]> {
  for (const file of job.result_files.slice(0, MAX_FILES)) {
    try {
      const text = await call({ what: 'list' }, signal, async (client, options) =>
        (await client.files.content(file, options)).text(),
      );
      const points = pointsInCsv(text);
      if (points.length > 0) return points;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RemoteFailure && error.kind === 'quota') throw error;
      // The curve is for people; the model is there without it.
    }
  }
  const kept = known.checkpoints.flatMap((checkpoint) => pointAt(checkpoint) ?? []);
  return known.events.length > 0 ? known.events : kept;
}

function secondsOf({ createdAt, startedAt, endedAt }: RemoteJob): number {
  const from = Date.parse(startedAt ?? createdAt ?? '');
  const seconds = (Date.parse(endedAt ?? '') - from) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}
