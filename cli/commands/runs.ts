import { listRuns } from '../../artifacts/ledger/runs.ts';
import type { RunOptions } from '../../configs/refs.ts';
import { UsageError } from '../command.ts';
import { duration, paint, print, printJson, table } from '../output.ts';
import { secondsBetween } from '../run-document.ts';
import { readState } from '../state.ts';

export async function runs(flags: { limit: number; json: boolean }): Promise<void> {
  if (!Number.isInteger(flags.limit) || flags.limit < 1) throw new UsageError('--limit takes a whole number from 1 on');
  const list = await readState(
    async ({ ledger }) => listRuns(ledger, flags.limit),
    () => [],
  );
  const documents = list.map((row) => ({
    runId: row.id,
    pipeline: row.pipeline,
    status: row.status,
    waiting: row.waiting,
    verdict: row.verdict,
    model: row.model_ref,
    startedBy: row.started_by,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    seconds: secondsBetween(row.started_at, row.ended_at),
    rerunOf: (JSON.parse(row.options_json) as RunOptions).rerun?.of ?? null,
  }));
  if (flags.json) return printJson(documents);
  if (documents.length === 0) return print('no runs yet: start one with `anneal run RECIPE`');
  const rows = documents.map((run) => [
    run.runId,
    run.waiting === null ? run.status : 'waiting',
    run.verdict ?? '',
    run.model ?? '',
    duration(run.seconds),
    run.startedAt.slice(0, 19).replace('T', ' '),
  ]);
  print(
    table([
      ['run', 'status', 'verdict', 'model', 'time', 'started (UTC)'].map((title) => paint('dim', title)),
      ...rows,
    ]),
  );
}
