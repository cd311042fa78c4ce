import { findHome } from '../../worker/home.ts';
import { ensureUp, readStatus } from '../../worker/local.ts';
import { printJson, tell } from '../output.ts';
import { printStatus } from './status.ts';

export async function up(flags: { json: boolean }): Promise<void> {
  const home = findHome();
  await ensureUp(home, tell);
  const status = await readStatus(home);
  if (flags.json) return printJson(status);
  printStatus(status, home);
}
