import { setTimeout as sleep } from 'node:timers/promises';
import { findRun, openRun } from '../artifacts/ledger/runs.ts';
import type { RunRow } from '../artifacts/ledger/schema.ts';
import type { Ledger } from '../artifacts/ledger/open.ts';
import { QUEUES } from '../configs/presets.ts';
import { ensureUp, hasCrashed } from '../worker/local.ts';
import { lineDocument, SHOWN } from '../worker/lines.ts';
import { lineAttributes } from '../worker/schedules/action.ts';
import type { backfill, BackfillInput } from '../workflows/backfill.ts';
import { EXIT } from './command.ts';
import { plain } from '../configs/plain.ts';
import { printLine } from './line.ts';
import { print, printJson, tell } from './output.ts';
import { defaultOptions, newRunId } from './start.ts';
import type { State } from './state.ts';
import { withClient } from './temporal.ts';
import { writeOutput } from './write-output.ts';

interface Flags {
  detach: boolean;
  json: boolean;
  html?: string | undefined;
}

/** How often the ledger is looked at, in ms. */
const LOOK_EVERY = 300;

/** One period of a replay, as `--json` gives it. */
interface PeriodDocument {
  name: string;
  run: string;
  status: RunRow['status'];
  verdict: string | null;
  model: string | null;
  period: string | null;
  reason: string | null;
}

/** Starts a replay and, unless it is to be left alone, shows it to its end and what it came to. */
export async function startBackfill(state: State, input: Omit<BackfillInput, 'run'>, flags: Flags): Promise<number> {
  const { home, ledger } = state;
  const { recipe, startedBy } = input;
  const at = await ensureUp(home, tell);
  return withClient(at, async (client) => {
    const id = newRunId(recipe.name);
    const options = defaultOptions({});
    await client.workflow.start<typeof backfill>('backfill', {
      taskQueue: QUEUES.control,
      workflowId: id,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${recipe.name}: replay of history`,
      staticDetails: recipe.description ?? `Recipe ${recipe.name}, started by ${startedBy}`,
      typedSearchAttributes: lineAttributes(recipe),
      args: [{ ...input, run: { id, options } }],
    });
    await openRun(ledger, { id, recipe, options, workflowId: id, startedBy, kind: 'backfill' });
    tell(`backfill ${id}${flags.detach ? '' : ' (Ctrl+C leaves it running)'}`);
    const run = flags.detach ? ((await findRun(ledger, id)) as RunRow) : await follow(state, id, input);
    const periods = await periodsOf(ledger, id, input);
    const isOver = run.status !== 'running';
    const document = await lineDocument(ledger, recipe.name, { most: flags.json ? Infinity : SHOWN });
    const page = document && isOver ? await writePage(state, recipe.name, flags.html ?? `${id}.html`) : null;
    if (flags.json)
      printJson({
        run: id,
        line: recipe.name,
        status: run.status,
        reason: run.reason,
        periods,
        table: document ?? null,
        page,
      });
    else if (document && isOver) {
      printLine(document);
      print(`\npage with plots: ${page}`);
    }
    if (run.status === 'running') {
      tell(`backfill ${id} goes on; \`anneal show ${id}\` shows it, \`anneal cancel ${id}\` stops it`);
      return flags.detach ? EXIT.done : EXIT.interrupted;
    }
    return run.status === 'completed' ? EXIT.done : EXIT.failed;
  });
}

async function writePage({ ledger }: State, line: string, file: string): Promise<string | null> {
  const document = await lineDocument(ledger, line, { most: SHOWN });
  if (!document) return null;
  const { linePage } = await import('../worker/reports.ts');
  return writeOutput('--html', file, linePage(document));
}

/** Says how every period ends, until all have or Ctrl+C was pressed. */
async function follow({ home, ledger }: State, id: string, input: Omit<BackfillInput, 'run'>): Promise<RunRow> {
  let interrupted = false;
  const interrupt = (): void => void (interrupted = true);
  process.once('SIGINT', interrupt);
  const told = new Set<string>();
  let said: string | null = null;
  try {
    for (let looks = 0; ; looks += 1) {
      const run = (await findRun(ledger, id)) as RunRow;
      for (const period of await periodsOf(ledger, id, input)) {
        if (period.status === 'running' || told.has(period.run)) continue;
        told.add(period.run);
        tell(`${period.name}  ${wordsOf(period)}`);
      }
      if (run.waiting !== said && run.waiting !== null) tell(`waiting for ${run.waiting}`);
      said = run.waiting;
      if (run.status !== 'running' || interrupted) return run;
      // What kept server and worker running was killed: a replay must not wait for ever.
      if (looks % 20 === 19 && hasCrashed(home)) await ensureUp(home, tell);
      await sleep(LOOK_EVERY);
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function periodsOf(
  ledger: Ledger,
  id: string,
  { periods }: Omit<BackfillInput, 'run'>,
): Promise<PeriodDocument[]> {
  const rows = await ledger
    .selectFrom('runs')
    .selectAll()
    .where('trigger', '=', `backfill:${id}`)
    .orderBy('started_at')
    .execute();
  return rows.map((row) => {
    const index = Number(row.id.slice(id.length + 1)) - 1;
    const error = row.error_json === null ? undefined : (JSON.parse(row.error_json) as { message: string });
    return {
      name: periods?.[index]?.name ?? `period ${index + 1}`,
      run: row.id,
      status: row.status,
      verdict: row.verdict,
      model: row.model_ref,
      period: row.period,
      reason: row.reason ?? error?.message ?? null,
    };
  });
}

const wordsOf = ({ status, verdict, model, reason }: PeriodDocument): string =>
  plain([verdict ?? status, ...(model === null ? [] : [model]), ...(reason === null ? [] : [reason])].join('  '));
