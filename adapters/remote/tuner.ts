import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../../artifacts/files.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { letGo, pays, waitersOf } from '../../artifacts/ledger/job-claims.ts';
import { intendJob, jobKeyOf, nextTry, otherTries } from '../../artifacts/ledger/job-intents.ts';
import {
  findClaimed,
  hasEnded,
  updateIfUnchanged,
  updateJob,
  type RemoteJobRecord,
} from '../../artifacts/ledger/remote-jobs.ts';
import { bookRun } from '../../artifacts/ledger/reservations.ts';
import { recordEvent } from '../../artifacts/ledger/runs.ts';
import { failpoint } from '../../configs/failpoint.ts';
import { systemCode, terminal } from '../../configs/failure.ts';
import { REMOTE_FILE } from '../../configs/remote-model.ts';
import type { TuneOrder, TuneResult, Tuner, TuneSettings, TuningKind, TuningService } from '../contracts.ts';
import { checkStart } from '../start-mismatch.ts';
import { RemoteFailure } from './failure.ts';
import { follow, stateOf } from './follow.ts';
import { limiterOf } from './limiter.ts';
import { remoteModelAt } from './model-file.ts';
import { orderOnce, SETTLE_MS } from './order-once.ts';
import { quitQuietly } from './quit.ts';
import { stopJob } from './stop.ts';

/** A job is asked after at most so often, in ms, however many runs wait for it. */
const MOST_FRESH_MS = 1000;

/** A vendor that could not cancel a job is asked again after so many ms. */
const CANCEL_AGAIN_MS = 15_000;

/** What a tuner far away is made with. */
export interface RemoteTunerOptions {
  ledger: Ledger;
  /** Folder of jobs: what a job made is written there before it goes into the store. */
  jobs: string;
  /** ms between two looks at a job; default: those of the kind. */
  pollEveryMs?: number | undefined;
  /** ms after a call of unknown outcome before its job is looked for; default 15,000. */
  settleMs?: number | undefined;
}

/**
 * A tuner whose jobs run at a vendor and cost money. What was intended is in the ledger before it is ordered, so that
 * a worker killed between any two lines neither pays twice nor loses a job.
 */
export function createRemoteTuner(kind: TuningKind, options: RemoteTunerOptions): Tuner {
  const { ledger, jobs, settleMs = SETTLE_MS, pollEveryMs = kind.pollEveryMs } = options;
  const never = new AbortController().signal;
  const folderOf = (key: string): string => join(jobs, key);
  const keptIn = (row: RemoteJobRecord): Kept => JSON.parse(row.settings_json) as Kept;
  const settingsOf = (row: RemoteJobRecord): TuneSettings => keptIn(row).settings;
  const claimed = async (key: string): Promise<RemoteJobRecord & { isShared: boolean }> => {
    const row = await findClaimed(ledger, key);
    if (row) return row;
    throw terminal('NoSuchJob', `nothing was ordered as ${key}: start the run again`);
  };
  const order = (service: TuningService, row: RemoteJobRecord, given?: TuneOrder) =>
    orderOnce({ ledger, service, settleMs, signal: never }, row, async (label) => {
      if (given) return service.stage({ ...given, line: row.line }, label, never);
      throw new RemoteFailure('away', `the job ${label} is not ordered yet`);
    });
  const tell = async (row: RemoteJobRecord, message: string): Promise<void> => {
    for (const runId of await waitersOf(ledger, row.label))
      await recordEvent(ledger, { runId, instance: row.instance, kind: 'job', message });
  };
  /** Tries that were given up for a later one are cancelled, if a worker died before that or the vendor was away. */
  const quitEarlier = async (row: RemoteJobRecord): Promise<void> => {
    if (row.try === 1) return;
    for (const old of await otherTries(ledger, row)) {
      const isDue = old.polled_at === null || Date.now() - Date.parse(old.polled_at) > CANCEL_AGAIN_MS;
      if (old.state !== 'cancelling' || old.name === null || !isDue) continue;
      await updateJob(ledger, old.label, { polled_at: new Date().toISOString() });
      const service = await kind.open(settingsOf(old));
      const trouble = await quitQuietly({ ledger, service, signal: never }, old);
      if (trouble !== undefined) await tell(row, `the job ${old.name} could not be cancelled: ${trouble}`);
    }
  };
  /** Orders a job that takes the place of one that was given up. */
  const orderNext = async (row: RemoteJobRecord): Promise<RemoteJobRecord> => {
    await quitEarlier(row);
    return order(await kind.open(settingsOf(row)), row);
  };

  return {
    identity: (settings) => kind.identity(settings as TuneSettings),
    keyed: (settings) => kind.keyed(settings),
    ...(kind.passes ? { passes: (settings: TuneSettings) => kind.passes?.(settings) ?? 1 } : {}),
    baseOf: (name, settings) => kind.baseOf(name, settings),
    pollEveryMs,

    submit: async (key, given, run, paid) => {
      if (!paid) throw new Error(`${kind.provider} is paid for: it is not ordered without the key of the step`);
      const known = await findClaimed(ledger, key);
      const service = await kind.open(known ? settingsOf(known) : given.settings);
      if (known) checkStart(key, keptIn(known).start, given.start ?? null);
      if (known && (known.name !== null || hasEnded(known))) return;
      if (!known) await service.check(given);
      const row =
        known ??
        (await intendJob(ledger, {
          jobKey: key,
          key: jobKeyOf(paid.cacheKey, paid.isForced ? run : undefined),
          provider: kind.provider,
          scope: service.scope,
          settings: {
            settings: given.settings,
            base: await baseName(given.base),
            start: given.start ?? null,
          } satisfies Kept,
          runId: run,
          instance: paid.instance,
          line: paid.line,
          estimateUsd: await estimated(service, given),
        }));
      failpoint('remote.intended');
      // What another run has intended is done where that run wants it.
      await order(row.scope === service.scope ? service : await kind.open(settingsOf(row)), row, given);
    },

    poll: async (key) => {
      const row = await claimed(key);
      if (hasEnded(row)) return stateOf(row);
      if (row.name === null && row.state === 'intended') return stateOf(await orderNext(row));
      await quitEarlier(row);
      const settings = settingsOf(row);
      const service = await kind.open(settings);
      const runs = await waitersOf(ledger, row.label);
      return follow(row, {
        ledger,
        service,
        settings,
        settleMs,
        freshMs: Math.min(MOST_FRESH_MS, pollEveryMs),
        signal: never,
        runs,
        tell,
        again: async (old, moved, why) => {
          const { scope } = await kind.open(moved);
          const kept: Kept = { ...keptIn(old), settings: moved };
          await tell(old, why.message);
          const next = await nextTry(ledger, old.label, { scope, settings: kept, why });
          failpoint('remote.again');
          await ledger.transaction().execute((tx) => bookRun(tx, next.run_id, false));
          return orderNext(next);
        },
      });
    },

    collect: async (key) => {
      const row = await claimed(key);
      const folder = folderOf(key);
      const known = await readJson<TuneResult>(join(folder, 'result.json'));
      if (known) return known;
      if (row.name === null) throw terminal('NoSuchJob', `the job of ${key} was never ordered: start the run again`);
      const { name } = row;
      const service = await kind.open(settingsOf(row));
      const limited = limiterOf(ledger, service, never);
      const job = await limited('call', () => service.get(name, never)).catch(async (error: unknown) => {
        if (!(error instanceof RemoteFailure && error.kind === 'gone')) throw error;
        const gone = {
          type: 'JobGone',
          message: `the job ${name} succeeded and was deleted (${error.message}): \`anneal rerun\` orders another`,
        };
        // So that no other run takes it.
        await updateIfUnchanged(ledger, row, { state: 'failed', error_json: JSON.stringify(gone) });
        throw terminal(gone.type, gone.message);
      });
      const output = join(folder, 'output');
      await mkdir(output, { recursive: true });
      const request: unknown = JSON.parse(row.request_json ?? 'null');
      // Under a name that `anneal gc` clears away.
      const kept = join(jobs, `asked-${row.label}`, 'output');
      const result = await service.collect(job, { request, folder: output, kept }, never);
      const perMillion = service.price?.(keptIn(row).base);
      await updateJob(ledger, row.label, {
        tokens: result.trainedTokens,
        ...(perMillion === undefined
          ? {}
          : { cost_usd: (result.trainedTokens * perMillion) / 1e6 + (result.usd ?? 0) }),
      });
      await writeAtomic(join(folder, 'result.json'), JSON.stringify(result));
      return result;
    },

    cancel: async (key) => {
      const row = await letGo(ledger, key);
      if (row)
        await stopJob({ ledger, service: await kind.open(settingsOf(row)), settleMs, signal: never }, row, (message) =>
          tell(row, message),
        );
    },

    misfit: async (start) => {
      const other = existsSync(join(start, REMOTE_FILE)) ? (await remoteModelAt(start)).provider : undefined;
      return other === kind.provider ? undefined : 'tuner';
    },

    release: async () => undefined,

    log: async (key) => {
      const row = await findClaimed(ledger, key);
      if (!row) return '';
      const { provider, name, label, url, vendor_state, intent_at, created_at, ended_at, error_json, adopted } = row;
      const lines = [
        `${provider} job ${name ?? '(not ordered yet)'}, label ${label}${adopted === 1 ? ', found by its label' : ''}`,
        `intended ${intent_at}, created ${created_at ?? '-'}, ended ${ended_at ?? '-'}, state ${vendor_state ?? row.state}`,
        ...(url === null ? [] : [url]),
        ...(error_json === null ? [] : [error_json]),
      ];
      return `${lines.join('\n')}\n`;
    },

    describe: async (key) => {
      const row = await findClaimed(ledger, key);
      if (!row || row.name === null) return undefined;
      const usd = (await pays(ledger, row)) ? (row.cost_usd ?? undefined) : 0;
      return { name: row.name, adopted: row.isShared || row.adopted === 1, ...(usd === undefined ? {} : { usd }) };
    },
  };
}

/** What a training will cost, in US dollars; null: nobody sends a bill. @throws UnknownPrice */
async function estimated(service: TuningService, order: TuneOrder): Promise<number | null> {
  const perMillion = service.price?.(await baseName(order.base));
  if (perMillion === undefined) return null;
  return (((await service.tokens?.(order)) ?? 0) * perMillion) / 1e6;
}

/** What is kept of an order, by which its service and its price are found again. */
interface Kept {
  settings: TuneSettings;
  /** Name of the base model. */
  base: string;
  /** The earlier model that it starts from; null: the base. */
  start: string | null;
}

/** The vendor's name of a base model; of one on this machine its path. */
const baseName = async (path: string): Promise<string> =>
  existsSync(join(path, REMOTE_FILE)) ? (await remoteModelAt(path)).base : path;

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
