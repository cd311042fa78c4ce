import { listLeases, type LeaseState } from '../../artifacts/ledger/leases.ts';
import { plain } from '../../configs/plain.ts';
import { findHome, type Home } from '../../worker/home.ts';
import { readStatus, type Status } from '../../worker/local.ts';
import { print, printJson, table } from '../output.ts';
import { readState } from '../state.ts';

export async function status(flags: { json: boolean }): Promise<void> {
  const home = findHome();
  const found = await readStatus(home);
  const leases = await readState(
    ({ ledger }) => listLeases(ledger),
    () => [],
  );
  if (flags.json) return printJson({ ...found, leases });
  printStatus(found, home, leases);
}

/** What runs in the background, as a table. */
export function printStatus(
  { temporal, workers, trainer }: Status,
  home: Home,
  leases: readonly LeaseState[] = [],
): void {
  const rows = [
    [
      'Temporal',
      temporal
        ? `${temporal.address}${temporal.pid === null ? '' : ` (process ${temporal.pid})`}`
        : 'not running: `anneal up` starts it',
    ],
    ...(temporal?.uiUrl ? [['Temporal UI', temporal.uiUrl]] : []),
    ...workers.map(({ pid, queues }) => ['worker', `process ${pid}, queues ${queues.join(', ')}`]),
    ...(workers.length === 0 ? [['worker', 'not running']] : []),
    ...trainer.map(({ pid, run }) => ['at work', `process ${pid} for run ${run}`]),
    ...leases.map((lease) => [lease.resource, inWords(lease)]),
    ['state', home.root],
  ];
  print(table(rows));
}

/** Who has something that runs take turns at, and who waits for it, the next first. */
function inWords({ holders, waiting }: LeaseState): string {
  const held = holders.map(
    ({ run, since, what }) => `${run} since ${since.slice(0, 16).replace('T', ' ')} UTC (${plain(what)})`,
  );
  const next = waiting.map(({ run, priority }) => `${run} (priority ${priority})`);
  return [held.join(', ') || 'free', ...(next.length > 0 ? [`waiting: ${next.join(', ')}`] : [])].join('; ');
}
