import { findHome, type Home } from '../../worker/home.ts';
import { readStatus, type Status } from '../../worker/local.ts';
import { print, printJson, table } from '../output.ts';

export async function status(flags: { json: boolean }): Promise<void> {
  const home = findHome();
  const found = await readStatus(home);
  if (flags.json) return printJson(found);
  printStatus(found, home);
}

/** What runs in the background, as a table. */
export function printStatus({ temporal, workers, trainer }: Status, home: Home): void {
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
    ['state', home.root],
  ];
  print(table(rows));
}
