import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../../artifacts/files.ts';
import { now } from '../../artifacts/ledger/clock.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import {
  claimsOf,
  dropClaim,
  findClaimed,
  hasEnded,
  intendJob,
  isWantedByOthers,
  jobKeyOf,
  nextTry,
  updateJob,
  type RemoteJobRecord,
} from '../../artifacts/ledger/remote-jobs.ts';
import { failpoint } from '../../configs/failpoint.ts';
import { systemCode, terminal } from '../../configs/failure.ts';
import { REMOTE_FILE } from '../../configs/remote-model.ts';
import type { TuneOrder, TuneResult, Tuner, TuneSettings, TuningKind, TuningService } from '../contracts.ts';
import { RemoteFailure } from './failure.ts';
import { follow, stateOf } from './follow.ts';
import { limiterOf } from './limiter.ts';
import { remoteModelAt } from './model-file.ts';
import { orderOnce } from './order-once.ts';

/** A job is asked after at most so often, in ms, however many runs wait for it. */
const MOST_FRESH_MS = 1000;

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
  const { ledger, jobs, settleMs, pollEveryMs = kind.pollEveryMs } = options;
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
      throw new Error(`what the job ${label} is to be given is not in the ledger`);
    });

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
      await order(service, row, given);
    },

    poll: async (key) => {
      const row = await claimed(key);
      if (hasEnded(row)) return stateOf(row);
      const settings = settingsOf(row);
      const service = await kind.open(settings);
      const runs = [...new Set((await claimsOf(ledger, row.label)).map(({ run_id }) => run_id))];
      return follow(row, {
        ledger,
        service,
        settings,
        signal: never,
        freshMs: Math.min(MOST_FRESH_MS, pollEveryMs),
        runs,
        again: async (old, moved) => {
          const elsewhere = await kind.open(moved);
          const kept: Kept = { ...keptIn(old), settings: moved };
          const next = await nextTry(ledger, old.label, { scope: elsewhere.scope, settings: kept });
          return order(elsewhere, next);
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
      const job = await limited('call', () => service.get(name, never));
      const output = join(folder, 'output');
      await mkdir(output, { recursive: true });
      const request: unknown = JSON.parse(row.request_json ?? 'null');
      const result = await service.collect(job, { request, folder: output }, never);
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
      const row = await findClaimed(ledger, key);
      if (!row || hasEnded(row)) return;
      const [own] = (await claimsOf(ledger, row.label)).filter(({ job_key }) => job_key === key);
      if (own && (await isWantedByOthers(ledger, row.label, own.run_id))) return dropClaim(ledger, key);
      await stop(row);
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
      // Whoever ordered it has paid for it.
      const usd = row.isShared ? 0 : (row.cost_usd ?? undefined);
      return { name: row.name, adopted: row.isShared || row.adopted === 1, ...(usd === undefined ? {} : { usd }) };
    },
  };

  /** Cancels a job; one that was perhaps ordered is looked for first. */
  async function stop(row: RemoteJobRecord): Promise<void> {
    const service = await kind.open(settingsOf(row));
    const limited = limiterOf(ledger, service, never);
    let { name } = row;
    if (name === null && row.sent_at !== null) {
      const found = await limited('call', () => service.find(row.key, never));
      name = found.find(({ labels }) => labels['anneal_try'] === String(row.try))?.name ?? null;
    }
    const at = now();
    if (name === null) {
      await updateJob(ledger, row.label, { state: 'cancelled', state_at: at, ended_at: at });
      return;
    }
    const known = name;
    try {
      const before = await limited('call', () => service.get(known, never));
      if (before.state === 'succeeded' || before.state === 'failed') {
        await updateJob(ledger, row.label, { name, state: before.state, state_at: at, ended_at: before.endedAt ?? at });
        return;
      }
      await limited('call', () => service.cancel(known, never));
    } catch (error) {
      if (!(error instanceof RemoteFailure && error.kind === 'gone')) throw error;
    }
    await updateJob(ledger, row.label, { name, state: 'cancelling', state_at: at });
    failpoint('remote.cancelled');
    const after = await limited('call', () => service.get(known, never)).catch(() => undefined);
    if (after?.state === 'cancelled')
      await updateJob(ledger, row.label, { state: 'cancelled', vendor_state: after.vendorState, ended_at: at });
  }
}

/** @throws TerminalError `StartMismatch` */
function checkStart(key: string, ordered: string | null, wanted: string | null): void {
  if (ordered === wanted) return;
  throw terminal(
    'StartMismatch',
    `the training ${key} was ordered to start from ${ordered ?? 'the base model'}, and now from ${wanted ?? 'the base model'}: it is left as it is; start a new run`,
  );
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
