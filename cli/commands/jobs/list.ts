import { listJobs } from '../../../artifacts/ledger/remote-jobs.ts';
import { plain } from '../../../configs/plain.ts';
import { jobDocument, type JobDocument } from '../../../worker/jobs/document.ts';
import { dollars, duration, noteText, paint, print, printJson, table } from '../../output.ts';
import { readState, runOf } from '../../state.ts';

interface Flags {
  run?: string;
  all: boolean;
  json: boolean;
}

/** Lists jobs at vendors: those that are not over, or every one. */
export async function list({ run, all, json }: Flags): Promise<void> {
  const jobs = await readState(
    async ({ ledger }) => {
      const of = run === undefined ? undefined : (await runOf(ledger, run)).id;
      const rows = await listJobs(ledger, { run: of, open: !all });
      return Promise.all(rows.map((row) => jobDocument(ledger, row)));
    },
    () => [],
  );
  if (json) return printJson(jobs);
  if (jobs.length === 0)
    return print(
      all
        ? 'no jobs elsewhere yet: a recipe with tune.provider vertex or openai, or with tune.command.submit, orders them'
        : 'no job is open: `anneal jobs --all` lists those that are over',
    );
  const titles = ['job', 'state', 'age', 'try', 'cost', 'run', 'name'];
  print(table([titles.map((title) => paint('dim', title)), ...jobs.map(rowOf)]));
  for (const job of jobs) for (const line of linesOf(job)) print(`  ${noteText(line)}`);
}

function rowOf(job: JobDocument): string[] {
  const { state, vendorState } = job;
  return [
    job.job,
    plain(vendorState === null ? state : `${state} (${vendorState})`),
    duration(job.ageSeconds),
    `${job.try}${job.adopted ? ', adopted' : ''}`,
    costWords(job),
    [job.run, ...job.sharedBy].join(', '),
    plain(job.name ?? 'not ordered yet'),
  ];
}

/** What does not fit beside the others. */
function linesOf(job: JobDocument): string[] {
  const { decision, stuckSince, url, error, waiting, endedAt } = job;
  return [
    url !== null && endedAt === null ? url : undefined,
    waiting.length === 0 && endedAt === null ? 'no run waits for it: `anneal jobs cancel` stops it' : undefined,
    decision !== null ? `decided: ${decision}; the next look carries it out` : undefined,
    decision === null && stuckSince !== null && endedAt === null
      ? `gets no further: \`anneal jobs wait|resubmit|cancel ${job.job}\` decides`
      : undefined,
    error === null ? undefined : `${error.type}: ${error.message}`,
  ]
    .filter((line) => line !== undefined)
    .map((line) => `${job.job}: ${line}`);
}

/** `$1.20`, `about $1.20`, `no bill`. */
export const costWords = ({ usd, usdIsEstimate }: Pick<JobDocument, 'usd' | 'usdIsEstimate'>): string =>
  usd === null ? 'no bill' : `${usdIsEstimate ? 'about ' : ''}${dollars(usd)}`;
