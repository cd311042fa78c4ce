import { baseNameOf, isBaseRemote } from '../../configs/names.ts';
import { readRecipe } from '../../configs/recipe-file.ts';
import { findHome } from '../../worker/home.ts';
import type { Preflight } from '../../worker/preflight.ts';
import { bytes, duration, noteText, print, printJson, table } from '../output.ts';
import { checkRecipe } from '../recipes.ts';

interface Flags {
  set?: readonly string[];
  target?: string;
  json: boolean;
}

export async function check(flags: Flags, file: string): Promise<void> {
  const options = { thorough: true, target: flags.target };
  const { recipe, report } = await checkRecipe(readRecipe(file, flags.set), findHome(), options);
  const { statistics, tokens, estimate, notes } = report;
  if (flags.json) {
    return printJson({
      ok: true,
      problems: [],
      notes,
      statistics: statistics ?? null,
      tokens: tokens ?? null,
      estimate: estimate ?? null,
      synthesis: report.synthesis ?? null,
      price: report.price ?? null,
      target: flags.target ?? null,
      bytes: report.bytes,
      recipe,
    });
  }
  print(`${file} is fit to run`);
  const { tune } = recipe;
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
        ['base model', baseNameOf(recipe)],
        [
          'tuning',
          isBaseRemote(recipe)
            ? `${tune.objective ?? 'sft'} by ${tune.tuner}`
            : `${tune.method}, ${tune.iterations} steps of ${tune.batchSize} rows`,
        ],
        ...weight(report),
      ].map(([name = '', value = '']) => [`  ${name}`, value]),
    ),
  );
  for (const note of notes) print(`  note: ${noteText(note, '  ')}`);
}

const number = (value: number): string => Math.round(value).toLocaleString('en-US');
const range = ({ low, high }: { low: number; high: number }, show: (value: number) => string): string =>
  show(low) === show(high) ? show(low) : `${show(low)} to ${show(high)}`;

const dollars = (value: number): string => (value > 0 && value < 0.01 ? 'under $0.01' : `$${value.toFixed(2)}`);

/** Tokens, time and price, as far as they are known. */
function weight({ tokens, estimate, price }: Preflight): string[][] {
  const lines: string[][] = [];
  if (typeof tokens === 'string') lines.push(['tokens', tokens]);
  else if (tokens)
    lines.push(['tokens of the rows', `${range(tokens.total, number)}${tokens.exact ? '' : ' (from a sample)'}`]);
  if (estimate === undefined || typeof estimate === 'string') return lines;
  const { epochs, trained, billed, seconds, usd } = estimate;
  lines.push(['trained tokens', `${range(trained, number)}, each row about ${epochs.toFixed(1)} times`]);
  lines.push(['time', 'unknown' in seconds ? `unknown: ${seconds.unknown}` : range(seconds, duration)]);
  const isFree = billed.high === 0;
  lines.push([
    'price',
    isFree
      ? 'none: it runs on this machine'
      : `${range(usd, dollars)} for ${range(billed, number)} billed tokens (${price?.source}${price?.checked === undefined ? '' : `, ${price.checked}`})`,
  ]);
  return lines;
}
