// Compares our metrics with what the reference programs gave: `npm run parity -- FILE [--json]`.
import { parseArgs } from 'node:util';
import { Parity } from './compare.ts';
import { readVectors, ShapeError } from './read.ts';
import { compareVectors } from './vectors.ts';

const USAGE = 'Usage: npm run parity -- FILE [--json], where FILE has the shape of metrics-vectors.json.';

/** Prints what was compared; gives the exit code: 0 all equal, 1 a difference or an unknown field, 2 no such file. */
function main(args: string[]): number {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new ShapeError(USAGE);
  const vectors = readVectors(file);
  const parity = new Parity();
  compareVectors(vectors, parity);
  if (parity.total.compared === 0 && parity.unknown.length === 0)
    throw new ShapeError(`${file} holds no figures to compare.`);
  if (values.json) {
    console.log(JSON.stringify(asJson(parity)));
    for (const line of failures(parity)) console.error(line);
  } else console.log([...table(parity), ...failures(parity), totalLine(parity)].join('\n'));
  return parity.isEqual ? 0 : 1;
}

function asJson(parity: Parity): object {
  const sections = [...parity.sections].map(([path, { compared, equal, maxError }]) => [
    path,
    // JSON has no infinity: null where something else than a number was found.
    { compared, equal, maxError: Number.isFinite(maxError) ? maxError : null },
  ]);
  return { sections: Object.fromEntries(sections), ...parity.total };
}

function table(parity: Parity): string[] {
  const width = Math.max(7, ...[...parity.sections.keys()].map((path) => path.length));
  const rows = [...parity.sections].map(
    ([path, { compared, equal, maxError }]) =>
      `${path.padEnd(width)}  ${`${compared}`.padStart(8)}  ${`${equal}`.padStart(8)}  ${maxError.toExponential(1)}`,
  );
  return [`${'section'.padEnd(width)}  compared     equal  largest error`, ...rows];
}

function failures(parity: Parity): string[] {
  const differences = [...parity.sections].flatMap(([path, account]) =>
    account.differences.map((difference) => `different: ${path}: ${difference}`),
  );
  return [...differences, ...parity.unknown.map((path) => `unknown: ${path}`)];
}

function totalLine(parity: Parity): string {
  const { compared, equal } = parity.total;
  const unknown = parity.unknown.length > 0 ? `, ${parity.unknown.length} unknown` : '';
  return `total: ${compared} compared, ${equal} equal${unknown}`;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (!(error instanceof ShapeError) && !isUsage) throw error;
  console.error(isUsage ? USAGE : error.message);
  process.exitCode = 2;
}
