import { plain } from '../../../configs/plain.ts';
import { decide, jobsMeant, type Decision } from '../../../worker/jobs/decide.ts';
import { jobDocument } from '../../../worker/jobs/document.ts';
import { UsageError } from '../../command.ts';
import { print, printJson } from '../../output.ts';
import { noState, readState } from '../../state.ts';

const DONE: Record<Decision, string> = {
  wait: 'it goes on, and all its times begin anew',
  cancel: 'it is cancelled, and the run fails',
  resubmit: 'it is cancelled and ordered once more',
};

const decideAs =
  (decision: Decision) =>
  async ({ json }: { json: boolean }, text: string): Promise<void> => {
    await readState(async ({ ledger }) => {
      const found = await jobsMeant(ledger, text);
      const [row] = found;
      if (!row) throw new UsageError(`there is no job "${text}": \`anneal jobs --all\` lists them`);
      if (found.length > 1)
        throw new UsageError(`${found.length} jobs begin with "${text}": give more of the label, or the vendor's name`);
      const { job, runs } = await decide(ledger, row, decision);
      const document = await jobDocument(ledger, job);
      if (json) return printJson({ ok: true, isDone: runs.length === 0, ...document, decision });
      const name = plain(job.name ?? job.label);
      if (runs.length > 0) print(`noted for ${name}: at the next look of ${runs.join(', ')} ${DONE[decision]}`);
      else print(`${name} is ${job.state === 'cancelling' ? 'being cancelled by its vendor' : job.state}`);
    }, noState);
  };

/** Lets a job that gets no further go on. */
export const wait = decideAs('wait');
/** Cancels a job. */
export const cancel = decideAs('cancel');
/** Cancels a job and orders it once more. */
export const resubmit = decideAs('resubmit');
