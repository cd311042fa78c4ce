import { BadPredictions, scoreFile } from '../../worker/scoring/score-file.ts';
import { UsageError } from '../command.ts';
import { paint, print, printJson, table } from '../output.ts';

interface Flags {
  metric?: readonly string[];
  custom?: readonly string[];
  perItem: boolean;
  json: boolean;
}

/** Scores a file of predictions. */
export async function metrics(flags: Flags, file: string): Promise<void> {
  const { corpus, items } = await scoreFile(file, { metrics: flags.metric ?? [], custom: flags.custom ?? [] }).catch(
    (error: unknown) => {
      if (error instanceof BadPredictions) throw new UsageError(error.message);
      throw error;
    },
  );
  if (flags.json) return printJson({ corpus, ...(flags.perItem ? { items } : {}) });
  const number = (value: number): string => value.toFixed(4);
  const rows = Object.entries(corpus).map(([spec, { value, n, ci, signature, unmeasured }]) => [
    spec,
    `${number(value)} (${number(ci[0])} to ${number(ci[1])})`,
    String(n),
    unmeasured === 0 ? '' : String(unmeasured),
    signature,
  ]);
  print(
    table([
      ['metric', 'value (95 % interval)', 'n', 'not measured', 'how'].map((title) => paint('dim', title)),
      ...rows,
    ]),
  );
  if (!flags.perItem) return;
  const specs = Object.keys(corpus);
  const each = items.map((scores, i) => [
    String(i + 1),
    ...specs.map((spec) => {
      const score = scores[spec];
      return score === null || score === undefined ? 'not measured' : number(score);
    }),
  ]);
  print(`\n${table([['row', ...specs].map((title) => paint('dim', title)), ...each])}`);
}
