import { readGate, retryGates } from '../../worker/gates/backtest.ts';
import { paint, print, printJson, table } from '../output.ts';
import { needShelf } from '../shelf.ts';

interface Flags {
  with: string;
  pipeline?: string;
  json: boolean;
}

/** Decides past gates again by other settings: what would have been kept back, or let through, and why. */
export async function gateBacktest(flags: Flags): Promise<void> {
  const gate = await readGate(flags.with);
  const retried = await needShelf((shelf) => retryGates(shelf, gate, flags.pipeline));
  const count = (change: string): number => retried.filter((one) => one.change === change).length;
  const summary = {
    decisions: retried.length,
    promotions: retried.filter(({ was }) => was === 'promote').length,
    blocked: count('blocked'),
    letThrough: count('let through'),
    unknown: count('unknown'),
  };
  if (flags.json) return printJson({ ...summary, gates: retried });
  if (retried.length === 0) return print('no gate has decided yet');
  print(
    `of ${summary.decisions} decisions, ${summary.promotions} of them promotions: ${summary.blocked} would have been blocked, ${summary.letThrough} let through${summary.unknown > 0 ? `, ${summary.unknown} cannot be told` : ''}`,
  );
  const rows = retried.map(({ run, was, now, change }) => [
    run,
    was,
    now ?? 'not known',
    change === 'same' ? '' : change,
  ]);
  print(`\n${table([['run', 'was', 'would be', ''].map((title) => paint('dim', title)), ...rows])}`);
  for (const { run, change, why } of retried) {
    if (change === 'same') continue;
    print(`\n${run}`);
    for (const line of why) print(`  - ${line}`);
  }
}
