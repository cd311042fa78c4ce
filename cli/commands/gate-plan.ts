import { readRecipe } from '../../configs/recipe-file.ts';
import { findHome } from '../../worker/home.ts';
import { planOf } from '../../worker/gates/plan.ts';
import { UsageError } from '../command.ts';
import { print, printJson } from '../output.ts';
import { checkRecipe } from '../recipes.ts';
import { withShelf } from '../shelf.ts';

interface Flags {
  set?: readonly string[];
  wanted?: string;
  differ?: string;
  json: boolean;
}

/** Says what the gate of a recipe can find with its test set, before anything runs or is paid for. */
export async function gatePlan(flags: Flags, file: string): Promise<void> {
  const wanted = share('wanted', flags.wanted, 100);
  const differ = share('differ', flags.differ, 1);
  const { recipe, report } = await checkRecipe(readRecipe(file, flags.set), findHome(), { thorough: true });
  const rows = report.statistics?.test.kept;
  if (rows === undefined) throw new UsageError('the test rows could not be counted: `anneal check` says why');
  const asked = { ...(wanted === undefined ? {} : { wanted }), ...(differ === undefined ? {} : { differ }) };
  const plan = await withShelf((shelf) => planOf(recipe, rows, shelf, asked));
  if (flags.json) return printJson(plan);
  const kept = plan.testRows - plan.items;
  print(
    `${plan.testRows} test rows${kept > 0 ? `, ${kept} of them kept back` : ''}; this will be look ${plan.look} at them, unless the test set changes`,
  );
  for (const { words } of plan.lines) print(`  - ${words}`);
  for (const note of plan.notes) print(`  note: ${note}`);
}

function share(flag: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= most) return value;
  throw new UsageError(`--${flag}: expected a number above 0 and at most ${most}, found "${text}"`);
}
