import { findHome } from '../../worker/home.ts';
import { bringDown } from '../../worker/local.ts';
import { print, printJson } from '../output.ts';

export async function down(flags: { json: boolean }): Promise<void> {
  const result = await bringDown(findHome());
  if (flags.json) return printJson(result);
  print(result.stopped ? 'stopped; runs that are not finished go on after `anneal up`' : 'nothing was running');
}
