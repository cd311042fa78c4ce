import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asideOf, writeAtomic } from '../../artifacts/files.ts';
import { terminal } from '../../configs/failure.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { jobVariables } from './order.ts';
import { submissionIn } from './submission.ts';

const Spec = z.looseObject({ label: z.string() });

/** A job as far as this machine knows it. */
export interface Job {
  name?: string | undefined;
  label?: string | undefined;
  folder?: string | undefined;
}

/** Variables by which a command finds the job. */
export const variables = ({ name, label, folder }: Job): Record<string, string> => ({
  ...(folder === undefined ? {} : jobVariables(folder, label ?? '')),
  ANNEAL_JOB_LABEL: label ?? '',
  ...(name === undefined ? {} : { ANNEAL_JOB_NAME: name }),
});

/** `KEY-TRY`, as the ledger numbers its jobs. */
export function labelsFrom(label: string): Record<string, string> {
  const [key = '', number = '1'] = label.split('-');
  return { anneal_key: key, anneal_try: number };
}

/** The order of an earlier try, for this one: two trainers must not write into one folder. */
export async function copyOrder(from: string, to: string, label: string): Promise<void> {
  if ((await readdir(to).catch(() => [] as string[])).includes('spec.json')) return;
  await mkdir(join(to, 'output'), { recursive: true });
  for (const name of ['validation.jsonl', 'train.jsonl']) {
    if (!(await readdir(from)).includes(name)) continue;
    const aside = asideOf(join(to, name));
    await cp(join(from, name), aside);
    await rename(aside, join(to, name));
    await rm(aside, { force: true });
  }
  const spec = Spec.parse(JSON.parse(await readFile(join(from, 'spec.json'), 'utf8')));
  await writeAtomic(join(to, 'spec.json'), JSON.stringify({ ...spec, label }));
}

/** Without `find` nobody can look whether a submission without an answer came to anything. */
export async function refuseDoubt(label: string, folder: string): Promise<void> {
  const found = await submissionIn(folder);
  if (found.is === 'waiting') throw new RemoteFailure('away', `the submission of ${label} still runs`);
  if (found.is !== 'unknown') return;
  throw terminal(
    'MayBeSubmitted',
    `the submission of ${label} gave no usable answer: ${found.why}. Without tune.command.find only you can look whether a job of that label is there. If it is, write {"name": "ITS NAME"} into ${join(folder, 'submit.out')}; if not, remove ${join(folder, 'submit.json')}; then run it again`,
  );
}

/** How long the result of a job that has ended is waited for, in ms: a folder that machines share may lag behind. */
const RESULT_WAIT_MS = 15 * 60_000;

/** The error of a job that has ended and has no result: one that may come at first, a final one after a while. */
export async function noResult(name: string, folder: string): Promise<Error> {
  const note = join(folder, 'no-result');
  await mkdir(folder, { recursive: true });
  // The first look counts, whichever worker has made it.
  await writeFile(note, new Date().toISOString(), { flag: 'wx' }).catch(() => undefined);
  const waited = Date.now() - Date.parse(await readFile(note, 'utf8'));
  const missing = `the job ${name} has ended, but ${join(folder, 'result.json')} is not there`;
  const remedy =
    'the trainer has to write it through a folder that both machines see, or tune.command.collect has to bring it';
  // A note that was torn by a crash is no date: then it is waited for.
  if (!(waited > RESULT_WAIT_MS)) return new RemoteFailure('away', `${missing} (yet): ${remedy}`);
  return terminal(
    'NoResult',
    `${missing} after ${RESULT_WAIT_MS / 60_000} min: ${remedy}; when it is there, \`anneal rerun\` takes it`,
  );
}
