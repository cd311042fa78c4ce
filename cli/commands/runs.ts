import { listRuns } from '../../artifacts/ledger/runs.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { plain } from '../../configs/plain.ts';
import type { RunOptions } from '../../configs/refs.ts';
import { UsageError } from '../command.ts';
import { duration, paint, print, printJson, table } from '../output.ts';
import { secondsBetween } from '../run-document.ts';
import { readState } from '../state.ts';

interface Flags {
  limit: number;
  all: boolean;
  line?: string;
  json: boolean;
}

export async function runs({ limit, all, line, json }: Flags): Promise<void> {
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit takes a whole number from 1 on');
  const { list, isKnown } = await readState(
    async ({ ledger }) => {
      const list = await listRuns(ledger, all ? undefined : limit, line);
      return { list, isKnown: line === undefined || list.length > 0 || (await listRuns(ledger, 1)).length === 0 };
    },
    () => ({ list: [], isKnown: true }),
  );
  if (!isKnown)
    throw new UsageError(`no run is of the line "${line}": \`anneal runs\` lists all, by the name in the recipe`);
  const documents = list.map(documentOf);
  if (json) return printJson(documents);
  if (documents.length === 0) return print('no runs yet: start one with `anneal run RECIPE`');
  const titles = ['run', 'kind', 'trigger', 'status', 'verdict', 'model', 'time', 'started (UTC)', 'reason'];
  print(table([titles.map((title) => paint('dim', title)), ...documents.map(rowOf)]));
}

type ListedRun = ReturnType<typeof documentOf>;

function documentOf(row: RunRow) {
  return {
    runId: row.id,
    pipeline: row.pipeline,
    kind: row.kind,
    trigger: row.trigger,
    status: row.status,
    waiting: row.waiting,
    verdict: row.verdict,
    model: row.model_ref,
    reason: row.reason,
    period: row.period,
    startedBy: row.started_by,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    seconds: secondsBetween(row.started_at, row.ended_at),
    rerunOf: (JSON.parse(row.options_json) as RunOptions).rerun?.of ?? null,
  };
}

/** One that did nothing is dim: those that did something are looked for. */
function rowOf(run: ListedRun): string[] {
  const cells = [
    run.runId,
    run.kind,
    plain(run.trigger),
    run.waiting === null ? run.status : 'waiting',
    run.verdict ?? '',
    run.model ?? '',
    duration(run.seconds),
    run.startedAt.slice(0, 19).replace('T', ' '),
    plain(run.waiting ?? run.reason ?? ''),
  ];
  return run.status === 'skipped' ? cells.map((cell) => (cell === '' ? cell : paint('dim', cell))) : cells;
}
