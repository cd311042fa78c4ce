import { traceRow, type RowTrace } from '../../../worker/datasets/trace.ts';
import { visible } from '../../../worker/datasets/text.ts';
import { paint, print, printJson, shortDigest } from '../../output.ts';
import { needShelf } from '../../shelf.ts';

export async function trace(flags: { json: boolean }, ref: string, row: string): Promise<void> {
  const found = await needShelf((shelf) => traceRow(ref, row, shelf));
  if (flags.json) printJson(found);
  else show(found, '');
}

function show({ id, source, origin, parents, steps, datasets, models, children }: RowTrace, indent: string): void {
  const say = (text: string): void => print(indent + visible(text));
  say(paint('bold', id ?? 'a row that was never taken in'));
  if (source)
    say(`  from ${source.from}, line ${source.line}${source.digest === null ? '' : `  ${shortDigest(source.digest)}`}`);
  if (origin) {
    say(
      `  made by ${origin.generator} (${origin.strategy}), settings ${origin.settings}, seed ${origin.seed}, prompt ${origin.prompt}`,
    );
    say(origin.confirmedBy === undefined ? '  confirmed by nobody' : `  confirmed by ${origin.confirmedBy}`);
  }
  for (const parent of parents) {
    say('  out of');
    show(parent, `${indent}    `);
  }
  for (const { run, step, stepVersion, result, policy, reason } of steps)
    say(
      `  ${step}${stepVersion === '' ? '' : `@${stepVersion}`}${run === '' ? '' : ` ${run}`}: ${result}${policy === null ? '' : ` by ${policy}`}${reason === null ? '' : `: ${reason}`}`,
    );
  for (const { digest, names, stage, id: as, side } of datasets)
    say(
      `  in ${names.join(', ') || shortDigest(digest)} (${stage}${side === null ? '' : `, ${side}`})${as === id ? '' : ` as ${as}`}`,
    );
  for (const child of children) say(`  made into ${child.id} in ${shortDigest(child.dataset)}`);
  for (const { digest, names } of models) say(`  learned by ${names.join(', ') || shortDigest(digest)}`);
  if (models.length === 0) say('  learned by no model');
}
