import { findRetired, listCalibrations } from '../../../artifacts/ledger/judges.ts';
import type { JudgeLine } from '../../../artifacts/ledger/known-judges.ts';
import { promotionsOn } from '../../../artifacts/ledger/resting.ts';
import { plain } from '../../../configs/plain.ts';
import type { KeptCalibration } from '../../../worker/judging/calibrate.ts';
import { calibrationInWords } from '../../calibration-words.ts';
import { judgesNamed, promotionTable, shelfOf } from '../../judges.ts';
import { print, printJson } from '../../output.ts';
import { noState, readState, type State } from '../../state.ts';

/** Shows judges of a name, or one by its digest. */
export async function show(flags: { json: boolean }, what: string): Promise<void> {
  await readState(async (state) => {
    const found = await Promise.all((await judgesNamed(state, what)).map((line) => detailsOf(state, line)));
    if (flags.json) return printJson(found);
    for (const [i, { promotions, calibrations, retired, description, ...line }] of found.entries()) {
      if (i > 0) print('');
      print(`judge ${line.names.map(plain).join(', ')}  ${line.digest}`);
      print(`  ${line.kind}, asked of ${plain(line.model)}; its state is ${line.state}`);
      if (retired) print(`  retired on ${retired.at.slice(0, 10)} by ${plain(retired.actor)}: ${plain(retired.why)}`);
      print(`  ${JSON.stringify(description['words'])}`);
      const [newest] = calibrations;
      if (newest) for (const sentence of calibrationInWords(newest)) print(`  - ${plain(sentence)}`);
      else print('  - It was never compared with people: it informs and does not decide.');
      print(`  ${line.decisions} gates decided on it, ${promotions.length} promotions rest on it`);
      if (promotions.length > 0) print(promotionTable(promotions));
    }
  }, noState);
}

async function detailsOf(state: State, line: JudgeLine) {
  const shelf = shelfOf(state);
  const read = async <T>(digest: string): Promise<T> =>
    JSON.parse((await shelf.store.read(digest)).toString('utf8')) as T;
  const rows = await listCalibrations(state.ledger, line.digest);
  const retired = await findRetired(state.ledger, line.digest);
  return {
    ...line,
    retired: retired ?? null,
    description: await read<Record<string, unknown>>(line.digest),
    calibrations: await Promise.all(
      rows.map(async ({ digest, actor }) => ({ artifact: digest, actor, ...(await read<KeptCalibration>(digest)) })),
    ),
    promotions: await promotionsOn(shelf, line.digest),
  };
}
