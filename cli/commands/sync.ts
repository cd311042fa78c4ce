import { listStores } from '../../artifacts/ledger/artifacts.ts';
import { listRuns } from '../../artifacts/ledger/runs.ts';
import { noteAliases } from '../../artifacts/note-alias.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { googleMirroring } from '../../worker/mirroring.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import { asksForCopies, syncRuns, type MirrorResult } from '../../worker/sync.ts';
import { EXIT, UsageError } from '../command.ts';
import { noteText, print, printJson, tell } from '../output.ts';
import { noState, readState, runOf, type State } from '../state.ts';

interface Flags {
  all: boolean;
  dryRun: boolean;
  json: boolean;
}

/** Compares the copies at Google Cloud with the ledger, and sets them right; notes aliases beside artifacts in buckets. */
export async function sync({ all, dryRun, json }: Flags, run: string | undefined): Promise<number> {
  if (all && run !== undefined) throw new UsageError('give a run or --all, not both');
  return readState(async ({ home, ledger }) => {
    const runs = await runsOf(ledger, { all, run, dryRun });
    const store = openShelfStore(home, ledger);
    const problems = dryRun ? [] : await noteAliases({ ledger, store });
    problems.forEach(tell);
    const mirroring = googleMirroring(home);
    try {
      const deps = { ledger, store, ...mirroring };
      const results = await syncRuns(deps, runs, { dryRun }, (result) => {
        if (!json) print(lineOf(result));
      });
      const isDone = results.every(({ state }) => !['failed', 'missing', 'differs'].includes(state));
      const isRight = isDone && problems.length === 0;
      if (json) printJson({ ok: isRight, dryRun, runs: runs.map(({ id }) => id), results, problems });
      else if (runs.length > 0) print(summary(results, dryRun));
      else if (isRight) print('aliases are noted beside the artifacts in buckets; no run asks for other copies');
      return isRight ? EXIT.done : EXIT.failed;
    } finally {
      await mirroring.mirror.close();
    }
  }, noState);
}

async function runsOf(
  ledger: State['ledger'],
  { all, run, dryRun }: { all: boolean; run: string | undefined; dryRun: boolean },
): Promise<RunRow[]> {
  if (run !== undefined) {
    const row = await runOf(ledger, run);
    if (asksForCopies(row)) return [row];
    throw new UsageError(
      `the recipe of run ${row.id} has no google.mirror, so nothing of it is copied: add it and run again`,
    );
  }
  const asked = (await listRuns(ledger)).filter((row) => asksForCopies(row) && row.status !== 'running');
  if (asked.length > 0) return all ? asked : asked.slice(0, 1);
  // Aliases beside artifacts in a bucket are copies that need no word in a recipe.
  if (!dryRun && (await listStores(ledger)).length > 0) return [];
  throw new UsageError('no run that has ended asks for copies: add google.mirror to a recipe and run it');
}

function lineOf({ state, kind, key, name, what, why }: MirrorResult): string {
  const more = [...(name === undefined ? [] : [name]), ...(what.length > 0 ? [`(${what.join(', ')})`] : [])].join(' ');
  return noteText(
    [state.padEnd(8), kind.padEnd(10), key, ...(more === '' ? [] : [more]), ...(why ? [why] : [])].join('  '),
  );
}

function summary(results: readonly MirrorResult[], dryRun: boolean): string {
  const count = (...states: MirrorResult['state'][]): number =>
    results.filter(({ state }) => states.includes(state)).length;
  const wrong = count('missing', 'differs');
  return [
    `${count('equal')} equal`,
    dryRun
      ? `${wrong} to be set right${wrong > 0 ? ': `anneal sync` does it' : ''}`
      : `${count('created', 'changed')} set right`,
    ...(count('left') > 0 ? [`${count('left')} left out`] : []),
    ...(count('failed') > 0 ? [`${count('failed')} not set right`] : []),
  ].join(', ');
}
