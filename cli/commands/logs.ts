import { listEvents } from '../../artifacts/ledger/runs.ts';
import { jobLogs } from '../../worker/job-logs.ts';
import { plain } from '../../configs/plain.ts';
import { print, printJson } from '../output.ts';
import { noState, readState, runOf } from '../state.ts';

export async function logs(flags: { json: boolean }, id?: string, step?: string): Promise<void> {
  await readState(async ({ home, ledger }) => {
    const run = await runOf(ledger, id);
    const events = (await listEvents(ledger, run.id)).filter(
      ({ instance }) => step === undefined || instance.split('#')[0] === step || instance === step,
    );
    const jobs = await jobLogs(home, run.id, step);
    if (flags.json) return printJson({ runId: run.id, events, jobs });
    for (const { at, instance, kind, message } of events)
      print(`${at}  ${instance.padEnd(10)} ${kind.padEnd(10)} ${plain(message)}`);
    for (const { step: of, path, tail } of jobs)
      print(`\n${of}: ${path}\n${tail.map((line) => `  ${plain(line)}`).join('\n')}`);
    if (events.length === 0 && jobs.length === 0) print('nothing was logged: no attempt failed, no row was put aside');
  }, noState);
}
