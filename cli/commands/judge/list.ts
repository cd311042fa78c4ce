import { listJudges } from '../../../artifacts/ledger/known-judges.ts';
import { judgeRow, shelfOf } from '../../judges.ts';
import { paint, print, printJson, table } from '../../output.ts';
import { readState } from '../../state.ts';

/** Lists the judges of the ledger. */
export async function list(flags: { json: boolean }): Promise<void> {
  const judges = await readState(
    (state) => listJudges(shelfOf(state)),
    () => [],
  );
  if (flags.json) return printJson(judges);
  if (judges.length === 0) return print('no judges yet: evaluate.judges of a recipe names them');
  const titles = ['judge', 'kind', 'model', 'state', 'calibrated', 'expires', 'decisions', 'promotions', 'digest'];
  print(table([titles.map((title) => paint('dim', title)), ...judges.map(judgeRow)]));
}
