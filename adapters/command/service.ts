import { createReadStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { digestOf, hexOf } from '../../artifacts/canonical.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { terminal } from '../../configs/failure.ts';
import type { CommandName } from '../../configs/tune-command.ts';
import type { RecordedError } from '../../artifacts/ledger/runs.ts';
import { curveOf, readLog, readProgress } from '../local/job-output.ts';
import type { RemoteJob, TuneOrder, TuneSettings, TuningService } from '../contracts.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { redact } from '../remote/redact.ts';
import { complain, notCollected } from './complaint.ts';
import { checkVariables, environmentOf } from './environment.ts';
import { endingOf } from './exit-codes.ts';
import { copyOrder, labelsFrom, noResult, refuseDoubt, variables, type Job } from './job-folder.ts';
import { writeOrder, writeSpec } from './order.ts';
import { labelOf, labelsIn, progressIn, readFound, readPolled, type Polled } from './replies.ts';
import { readCommandResult } from './result.ts';
import { checkProgram, commandOf } from './settings.ts';
import { runShort, type Said } from './short.ts';
import { noteFound, submissionIn, submitOnce } from './submission.ts';

/** What `create` is given: where the order lies. */
const Request = z.object({ folder: z.string() });

/** Commands are cheap, but a scheduler is shared with others. */
const LIMITS = { submitsPerMinute: 60, callsPerMinute: 600 };

/**
 * Jobs that commands submit, ask after and stop, each with a folder of its own in `jobs`, by the contract in
 * `docs/tuners.md`.
 */
export function openCommandService(settings: TuneSettings, { jobs }: { jobs: string }): TuningService {
  const command = commandOf(settings);
  const words = (name: CommandName): string[] => command[name] ?? [];
  const folderOf = (label: string): string => join(jobs, label);
  const run = (name: CommandName, job: Job, signal: AbortSignal): Promise<Said> =>
    runShort(words(name), {
      cwd: job.folder ?? jobs,
      env: environmentOf(command.env, variables(job)),
      timeoutMs: command.timeoutSeconds * 1000,
      signal,
    });
  const local = async (): Promise<Job[]> => {
    const labels = (await readdir(jobs).catch(() => [])).filter((name) => labelsIn(name) !== undefined);
    return Promise.all(
      labels.map(async (label) => {
        const folder = folderOf(label);
        const found = await submissionIn(folder);
        return { label, folder, ...(found.is === 'named' ? { name: found.name } : {}) };
      }),
    );
  };
  const named = async (name: string): Promise<Job> => (await local()).find((job) => job.name === name) ?? { name };

  const service: TuningService = {
    scope: `command:${basename(words('submit')[0] ?? '')}-${hexOf(digestOf(canonicalJson(words('submit')))).slice(0, 8)}`,
    limits: LIMITS,
    // A little more than the command has, which is ended by its own time.
    createTimeoutMs: command.timeoutSeconds * 1000 + 5000,

    find: async (key, signal) => {
      await mkdir(jobs, { recursive: true });
      const isWanted = (label: string): boolean => key === undefined || labelsIn(label)?.['anneal_key'] === key;
      const own = (await local()).filter(({ label = '' }) => isWanted(label));
      const listed = command.find ? await list(key, signal) : [];
      const known = new Set(listed.map(({ name }) => name));
      if (!command.find) for (const { label, folder } of own) await refuseDoubt(label as string, folder as string);
      const further = own.flatMap(({ name }) => (name === undefined || known.has(name) ? [] : [name]));
      // What was submitted a moment ago may not be in the list yet.
      const asked = await Promise.all(
        further.map((name) => service.get(name, signal).catch((error: unknown) => unlessGone(error))),
      );
      const wanted = listed.filter(({ labels }) => isWanted(labelOf(labels)));
      if (key !== undefined) for (const { labels, name } of wanted) await noteFound(folderOf(labelOf(labels)), name);
      return [...wanted, ...asked.filter((job) => job !== undefined)];
    },

    check: async () => {
      checkVariables(command.env);
      for (const name of ['submit', 'poll', 'cancel', 'find', 'collect'] as const)
        if (command[name]) await checkProgram(words(name)[0] ?? '');
    },

    stage: async (order: TuneOrder, label) => {
      const own = labelOf(labelsFrom(label));
      const folder = folderOf(own);
      await writeSpec(folder, await writeOrder(folder, own, order));
      return { folder };
    },

    create: async (request, labels, signal) => {
      const label = labelOf(labels);
      const folder = folderOf(label);
      await copyOrder(Request.parse(request).folder, folder, label);
      const before = await submissionIn(folder);
      if (before.is === 'named') return pending(before.name, labels);
      if (before.is === 'waiting') throw new RemoteFailure('away', `the submission of ${label} still runs`);
      if (!command.find) await refuseDoubt(label, folder);
      const env = environmentOf(command.env, {
        ...variables({ label, folder }),
        ANNEAL_RUN: labels['anneal_run'] ?? '',
        ANNEAL_LINE: labels['anneal_line'] ?? '',
      });
      const made = await submitOnce(folder, words('submit'), { env, timeoutMs: command.timeoutSeconds * 1000, signal });
      if (made.is === 'named') return pending(made.name, labels);
      if (made.is === 'unknown')
        throw new RemoteFailure('ambiguous', `tune.command.submit gave no usable answer: ${made.why}`);
      const { ended, complaint } = made.is === 'none' ? made : {};
      const ending = endingOf(Number(ended));
      const said = complaint === undefined || complaint === '' ? '' : `: ${complaint}`;
      if (ending.is === 'final')
        throw terminal(ending.type, `tune.command.submit ended with ${ended}, ${ending.meaning}${said}`);
      throw new RemoteFailure('quota', `tune.command.submit ended with ${ended}, to be tried again later${said}`);
    },

    get: async (name, signal) => {
      const job = await named(name);
      const said = await run('poll', job, signal);
      const read = said.code === 0 ? readPolled(said.stdout) : undefined;
      if (!read || 'wrong' in read)
        throw new RemoteFailure(
          'away',
          `tune.command.poll gave no state of the job ${name}: ${complain(said, read?.wrong)}`,
        );
      return seen(name, job, read.reply);
    },

    cancel: async (name, signal) => {
      const said = await run('cancel', await named(name), signal);
      if (said.code === 0) return;
      const ending = typeof said.code === 'number' ? endingOf(said.code) : undefined;
      if (ending?.is === 'final')
        throw terminal('CannotCancel', `tune.command.cancel did not stop the job ${name}: ${complain(said)}`);
      throw new RemoteFailure('away', `tune.command.cancel did not stop the job ${name}: ${complain(said)}`);
    },

    collect: async (remote, { request }, signal) => {
      const job = await named(remote.name);
      const folder = job.folder ?? Request.parse(request).folder;
      if (command.collect) {
        await mkdir(join(folder, 'output'), { recursive: true });
        const said = await run('collect', { ...job, name: remote.name, folder }, signal);
        if (said.code !== 0) throw notCollected(remote.name, said);
      }
      const names = await readdir(folder).catch(() => [] as string[]);
      if (!names.includes('result.json')) throw await noResult(remote.name, folder);
      const result = await readCommandResult(folder, { curve: await curveOf(folder), seconds: secondsOf(remote) });
      // Of a job that was ordered from another state folder the rows are there.
      const isStaged = (await readdir(folder)).includes('train.jsonl');
      return { ...result, ...(isStaged ? { rows: await countRows(join(folder, 'train.jsonl')) } : {}) };
    },

    price: () => settings.price?.training,
    tokens: async (order) => (await countRows(order.train)) * order.settings.maxTokens,
  };
  return service;

  async function list(key: string | undefined, signal: AbortSignal): Promise<RemoteJob[]> {
    const said = await run('find', { label: key === undefined ? '' : `anneal-${key}` }, signal);
    const read = said.code === 0 ? readFound(said.stdout) : undefined;
    if (!read || 'wrong' in read)
      throw new RemoteFailure('away', `tune.command.find gave no list of jobs: ${complain(said, read?.wrong)}`);
    return read.reply.jobs.flatMap(({ name, label, state }) => {
      const labels = labelsIn(label);
      return labels && state !== 'gone' ? [{ name, labels, state, vendorState: state }] : [];
    });
  }

  async function seen(name: string, { label, folder }: Job, polled: Polled): Promise<RemoteJob> {
    const events = folder === undefined ? [] : await readProgress(folder);
    const last = events.findLast(({ event, step }) => event === 'step' && step !== undefined);
    const isDone = folder !== undefined && (await readdir(folder)).includes('result.json');
    // Schedulers forget; a result that is there says enough.
    if (polled.state === 'gone' && !isDone)
      throw new RemoteFailure(
        'gone',
        `tune.command.poll knows no job ${name}${polled.message ? `: ${polled.message}` : ''}`,
      );
    const state = polled.state === 'gone' ? 'succeeded' : polled.state;
    const progress = progressIn(polled) ?? (last ? progressIn({ ...last, state, message: undefined }) : undefined);
    return {
      name,
      labels: (label === undefined ? undefined : labelsIn(label)) ?? {},
      state,
      vendorState: polled.vendorState ?? polled.state,
      ...(polled.startedAt ? { startedAt: polled.startedAt } : {}),
      ...(polled.endedAt ? { endedAt: polled.endedAt } : {}),
      ...(polled.url ? { url: polled.url } : {}),
      ...(progress ? { progress } : {}),
      ...(state === 'failed' ? { error: await failureOf(folder, polled) } : {}),
    };
  }
}

/** Why a job failed: the trainer's own words where there are some, and what its exit code says. */
async function failureOf(folder: string | undefined, { exitCode, message }: Polled): Promise<RecordedError> {
  const failed =
    folder === undefined ? undefined : (await readProgress(folder)).findLast(({ event }) => event === 'error');
  const logged = folder === undefined ? '' : await readLog(folder, 1);
  const ending = exitCode == null ? undefined : endingOf(exitCode);
  const parts = [
    redact((failed?.message ?? logged).slice(0, 1000)),
    message ?? '',
    exitCode == null ? '' : `The trainer ended with ${exitCode}${ending?.is === 'final' ? `: ${ending.meaning}` : ''}.`,
  ];
  return {
    type: failed?.type ?? (ending?.is === 'final' ? ending.type : 'JobFailed'),
    message: parts.filter((part) => part.trim() !== '').join(' '),
  };
}

const pending = (name: string, labels: Readonly<Record<string, string>>): RemoteJob => ({
  name,
  labels,
  state: 'pending',
  vendorState: 'submitted',
});

function unlessGone(error: unknown): undefined {
  if (error instanceof RemoteFailure && error.kind === 'gone') return undefined;
  throw error;
}

const secondsOf = ({ startedAt, endedAt }: RemoteJob): number =>
  startedAt === undefined || endedAt === undefined ? 0 : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;

async function countRows(path: string): Promise<number> {
  let rows = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>)
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) rows += 1;
  return rows;
}
