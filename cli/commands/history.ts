import { readHistory } from '../../artifacts/ledger/history.ts';
import type { EventKind, HistoryEvent } from '../../worker/history/event.ts';
import { visible } from '../../worker/datasets/text.ts';
import { eventsOf } from '../../worker/history/events.ts';
import { linesOf, summaryOf } from '../../worker/history/lines.ts';
import { UsageError } from '../command.ts';
import { paint, print, printJson, table } from '../output.ts';
import { noState, readState } from '../state.ts';

/** Lines that are shown unless more are asked for. */
const LINES = 100;

const COLOURS: Partial<Record<EventKind, Parameters<typeof paint>[0]>> = {
  promoted: 'green',
  rejected: 'yellow',
  inconclusive: 'yellow',
  'not promoted': 'yellow',
  failed: 'red',
  'rolled back': 'red',
  reopened: 'red',
  frozen: 'cyan',
  unfrozen: 'cyan',
  approval: 'cyan',
  skipped: 'dim',
  unchanged: 'dim',
  version: 'dim',
};

/** Tells the life of a model, oldest first. */
export async function history(flags: { limit?: string; json: boolean }, name: string): Promise<void> {
  const limit = flags.limit === undefined ? undefined : Number(flags.limit);
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1))
    throw new UsageError('--limit takes a whole number from 1 on');
  const events = await readState(async ({ ledger }) => eventsOf(await readHistory(ledger, name)), noState);
  if (events.length === 0)
    throw new UsageError(`nothing is known of a model "${name}": \`anneal models\` lists the names that there are`);
  if (flags.json) return printJson({ name, events: limit === undefined ? events : events.slice(-limit) });
  printHistory(name, events, limit ?? LINES);
}

function printHistory(name: string, events: readonly HistoryEvent[], limit: number): void {
  const lines = linesOf(events);
  const [first, last] = [events[0]?.at.slice(0, 10) ?? '', events.at(-1)?.at.slice(0, 10) ?? ''];
  const sum = summaryOf(events);
  print(`${visible(name)}, ${first} to ${last}${sum === '' ? '' : `: ${sum}`}`);
  const left = lines.length - limit;
  if (left > 0) print(paint('dim', `(${left} earlier line${left === 1 ? '' : 's'}: --limit ${lines.length})`));
  const rows = lines.slice(-limit).map(({ at, kind, text }) => {
    const colour = COLOURS[kind];
    return [at.slice(0, 16).replace('T', ' '), colour ? paint(colour, kind) : kind, visible(text)];
  });
  print(table(rows));
}
