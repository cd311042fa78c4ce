import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { settingsOf } from '../../activities/gating/decide.ts';
import { openEvidence } from '../../activities/gating/evidence.ts';
import type { GateVerdict } from '../../activities/gate.ts';
import { refsOf } from '../../artifacts/ledger/executions.ts';
import { messageOf, terminal } from '../../configs/failure.ts';
import { Gate } from '../../configs/gate.ts';
import { backtest, type BacktestResult } from '../../metrics/gate/backtest.ts';
import type { Shelf } from '../datasets/open.ts';

/** A past decision, decided again. */
export interface Retried {
  run: string;
  pipeline: string;
  at: string;
  candidate: string;
  was: BacktestResult['was'];
  /** null: the new gate looks at what was not measured then, as `why` says. */
  now: BacktestResult['was'] | null;
  /** Would have been kept back, or let through. */
  change: 'same' | 'blocked' | 'let through' | 'other' | 'unknown';
  why: string[];
}

/** A gate in a file: its fields alone, or under `gate`, as in a recipe. @throws TerminalError `BadGate` */
export async function readGate(file: string): Promise<Gate> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw terminal('BadGate', `${file} cannot be read (${messageOf(error)}): check the path`);
  });
  let written: unknown;
  try {
    written = parse(text);
  } catch (error) {
    throw terminal('BadGate', `${file} is not YAML: ${messageOf(error).split('\n')[0]}`);
  }
  const fields = typeof written === 'object' && written !== null && 'gate' in written ? written.gate : written;
  const read = Gate.safeParse(fields ?? {});
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = ['gate', ...(issue?.path.map(String) ?? [])].join('.');
  throw terminal('BadGate', `${file}: ${field}: ${issue?.message ?? 'is not the gate of a recipe'}`);
}

/** Decides every past gate again by other settings, newest first; on a pipeline alone where one is named. */
export async function retryGates({ ledger, store }: Shelf, gate: Gate, pipeline?: string): Promise<Retried[]> {
  const rows = await ledger
    .selectFrom('executions')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .select(['executions.id', 'executions.run_id', 'executions.started_at', 'runs.pipeline'])
    .where('executions.step', '=', 'gate')
    .where('executions.status', '=', 'completed')
    .where('executions.cached_from', 'is', null)
    .$if(pipeline !== undefined, (query) => query.where('runs.pipeline', '=', pipeline ?? ''))
    .orderBy('executions.started_at', 'desc')
    .execute();
  const retried: Retried[] = [];
  for (const { id, run_id, started_at, pipeline: of } of rows) {
    const [inputs, outputs] = [await refsOf(ledger, id, 'in'), await refsOf(ledger, id, 'out')];
    const ref = outputs['verdict'];
    if (!ref || !inputs['report']) continue;
    const old = JSON.parse((await store.read(ref.digest)).toString('utf8')) as GateVerdict;
    const about = { run: run_id, pipeline: of, at: started_at, candidate: old.candidate, was: old.verdict };
    if (Object.keys(inputs).some((role) => /^ratings\d+$/.test(role))) {
      const why = ['People labelled answers for this decision, which is not repeated without them.'];
      retried.push({ ...about, now: null, change: 'unknown', why });
      continue;
    }
    const evidence = await openEvidence({ store }, inputs);
    try {
      const settings = settingsOf(gate);
      const found = await backtest({ items: evidence.items(), facts: evidence.facts, old, settings, look: old.looks });
      retried.push({ ...about, now: found.now.verdict, change: changeOf(found), why: found.why });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      retried.push({ ...about, now: null, change: 'unknown', why: [error.message] });
    }
  }
  return retried;
}

function changeOf({ was, now, isSame }: BacktestResult): Retried['change'] {
  if (isSame) return 'same';
  if (was === 'promote') return 'blocked';
  return now.verdict === 'promote' ? 'let through' : 'other';
}
