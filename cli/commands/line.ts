import { resolve } from 'node:path';
import { lineDocument, SHOWN } from '../../worker/lines.ts';
import { UsageError } from '../command.ts';
import { printLine } from '../line.ts';
import { print, printJson } from '../output.ts';
import { noState, readState, type State } from '../state.ts';
import { writeOutput } from '../write-output.ts';

/** Shows a line of continuous tuning: the matrix model × slice, and what each period came to. */
export async function line(flags: { metric?: string; html?: string; json: boolean }, name: string): Promise<void> {
  const most = flags.json ? Infinity : SHOWN;
  const document = await readState(async (state) => {
    const found = await lineDocument(state.ledger, name, { metric: flags.metric, most });
    if (!found) throw new UsageError(await unknown(state, name));
    if (flags.metric !== undefined && found.metric === null)
      throw new UsageError(
        `${name} was not measured by "${flags.metric}": ${found.metrics.length === 0 ? 'nothing was measured yet' : `there is ${found.metrics.join(', ')}`}`,
      );
    if (flags.html !== undefined) {
      const { linePage } = await import('../../worker/reports.ts');
      const shown = flags.json ? await lineDocument(state.ledger, name, { metric: flags.metric, most: SHOWN }) : found;
      await writeOutput('--html', flags.html, linePage(shown ?? found));
    }
    return found;
  }, noState);
  if (flags.json) return printJson(document);
  printLine(document);
  if (flags.html !== undefined) print(`\npage: ${resolve(flags.html)}`);
}

async function unknown({ ledger }: State, name: string): Promise<string> {
  const rows = await ledger.selectFrom('watermarks').select('line').distinct().orderBy('line').limit(20).execute();
  const list = rows.map((row) => row.line).join(', ');
  return `there is no line "${name}": ${list === '' ? 'no recipe with a section `continuous` has run yet' : `there is ${list}`}`;
}
