import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RemoteJob, TuneOrder, TuneSettings, Tuner, TuningKind } from '../../adapters/contracts.ts';
import { RemoteFailure } from '../../adapters/remote/failure.ts';
import { writeRemoteModel } from '../../adapters/remote/model-file.ts';
import { createRemoteTuner } from '../../adapters/remote/tuner.ts';
import { openLedger, type Ledger } from '../../artifacts/ledger/open.ts';
import { openRun } from '../../artifacts/ledger/runs.ts';
import { terminal } from '../../configs/failure.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { Watchdog } from '../../configs/watchdog.ts';
import { paidFor } from './paid.ts';

type Mutable = { -readonly [Name in keyof RemoteJob]: RemoteJob[Name] };
/** A job, and the region it was ordered in. */
export type FakeJob = Mutable & { location: string };
type Doing = 'find' | 'create' | 'get' | 'cancel' | 'stage' | 'created';

/** A vendor in memory, whose jobs do what a test tells them. */
export interface FakeVendor extends TuningKind {
  jobs: FakeJob[];
  /** Called before each call, and as `created` after a create took effect; what it throws is what the caller gets. */
  before: (doing: Doing, location: string) => Promise<void> | void;
  canCancel: boolean;
  /** ms for which lists do not show a new job. */
  listLagMs: number;
}

export function fakeVendor(): FakeVendor {
  const jobOf = (name: string): FakeJob => {
    const job = vendor.jobs.find((one) => one.name === name);
    if (job) return job;
    throw new RemoteFailure('gone', `${name} is not there`);
  };
  const locationOf = ({ google }: TuneSettings): string => google?.location ?? 'here';
  const vendor: FakeVendor = {
    provider: 'fake',
    pollEveryMs: 0,
    jobs: [],
    before: () => undefined,
    canCancel: true,
    listLagMs: 0,
    identity: async () => ({ tuner: 'fake', api: '1' }),
    keyed: (settings) => settings,
    baseOf: (name) => ({ provider: 'fake', model: name, base: name }),
    open: async (settings) => {
      const location = locationOf(settings);
      return {
        scope: `fake:${location}`,
        limits: { submitsPerMinute: 1000, callsPerMinute: 10_000 },
        check: async () => undefined,
        stage: async (_order, label) => {
          await vendor.before('stage', location);
          return { label };
        },
        find: async (key) => {
          await vendor.before('find', location);
          return vendor.jobs
            .filter((job) => job.location === location && (key === undefined || job.labels['anneal_key'] === key))
            .filter(({ createdAt = '' }) => Date.now() - Date.parse(createdAt) >= vendor.listLagMs)
            .map((job) => ({ ...job }));
        },
        create: async (_request, labels) => {
          await vendor.before('create', location);
          const name = `job-${vendor.jobs.length + 1}`;
          const createdAt = new Date().toISOString();
          vendor.jobs.push({ name, labels, state: 'pending', vendorState: 'WAITING', createdAt, location });
          await vendor.before('created', location);
          return { ...jobOf(name) };
        },
        get: async (name) => {
          await vendor.before('get', location);
          return { ...jobOf(name) };
        },
        cancel: async (name) => {
          await vendor.before('cancel', location);
          if (!vendor.canCancel) throw terminal('CannotCancel', 'this vendor cannot cancel');
          const job = jobOf(name);
          if (job.state === 'pending' || job.state === 'running') job.state = 'cancelled';
        },
        collect: async (_job, { folder }) => ({
          folder,
          kind: 'remote',
          trainedTokens: 1_000_000,
          droppedCount: 0,
          seconds: 1,
          curve: [],
          device: 'fake',
        }),
        price: () => 2,
        tokens: async () => 500_000,
      };
    },
  };
  return vendor;
}

/** A ledger with a tuner on it, as a worker has them. */
export interface FakeWorker {
  ledger: Ledger;
  tuner: Tuner;
  order: TuneOrder;
  /** Orders for a run; `what` is what the training depends on. */
  submit(run: string, what?: string, more?: { isForced?: boolean; order?: TuneOrder }): Promise<void>;
  poll(run: string): ReturnType<Tuner['poll']>;
}

const keyOf = (run: string): string => `${run}.tune`;

/** Opens a state folder of its own, or one that is there, for a vendor. */
export async function fakeWorker(
  vendor: FakeVendor,
  folder = mkdtempSync(join(tmpdir(), 'anneal-fake-')),
): Promise<FakeWorker> {
  const ledger = await openLedger(join(folder, 'ledger.db'));
  const tuner = createRemoteTuner(vendor, { ledger, jobs: join(folder, 'jobs'), pollEveryMs: 0, settleMs: 30 });
  const base = join(folder, 'base');
  await writeRemoteModel(base, { provider: 'vertex', model: 'm', base: 'm' });
  const settings = { tuner: 'fake', watchdog: Watchdog.parse({ pending: '1h', running: '1h', deadline: '2h' }) };
  const order = { base, train: '', settings: settings as unknown as TuneSettings };
  return {
    ledger,
    tuner,
    order,
    submit: async (run, what = 'training', { isForced = false, order: given = order } = {}) => {
      await openRun(ledger, {
        id: run,
        recipe: { name: 'line', register: {} } as Recipe,
        options: {},
        workflowId: run,
        startedBy: 'test',
      } as never);
      await tuner.submit(keyOf(run), given, run, { ...paidFor(what), isForced });
    },
    poll: (run) => tuner.poll(keyOf(run)),
  };
}
