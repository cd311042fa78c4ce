import { readRecipe } from '../../configs/recipe-file.ts';
import { findHome } from '../../worker/home.ts';
import { bytes, print, printJson, table } from '../output.ts';
import { checkRecipe } from '../recipes.ts';

export async function check(flags: { set?: readonly string[]; json: boolean }, file: string): Promise<void> {
  const { recipe, report } = await checkRecipe(readRecipe(file, flags.set), findHome());
  const { statistics, notes } = report;
  if (flags.json)
    return printJson({ ok: true, problems: [], notes, statistics: statistics ?? null, bytes: report.bytes, recipe });
  print(`${file} is fit to run`);
  const { tune, model } = recipe;
  const rows = statistics
    ? [
        ['training rows', `${statistics.train.kept} of ${statistics.train.in}`],
        ['test rows', `${statistics.test.kept} of ${statistics.test.in}`],
      ]
    : [['rows', `more than is looked through here (${bytes(report.bytes.data)}): counted by the run`]];
  print(
    table(
      [
        ...rows,
        ['base model', model.base],
        ['tuning', `${tune.method}, ${tune.iterations} steps of ${tune.batchSize} rows`],
      ].map(([name = '', value = '']) => [`  ${name}`, value]),
    ),
  );
  for (const note of notes) print(`  note: ${note}`);
}
