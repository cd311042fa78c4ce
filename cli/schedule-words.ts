import { plain } from '../configs/plain.ts';
import type { FileState, ScheduleDetails, ScheduleDocument } from '../worker/schedules/look.ts';
import { changeInWords } from '../worker/schedules/diff.ts';
import { paint, print, table } from './output.ts';

/** Schedules as a table. */
export function printSchedules(schedules: readonly ScheduleDocument[]): void {
  const titles = ['schedule', 'when', 'state', 'next', 'taken', 'skipped', 'missed', 'watch'];
  const rows = schedules.map((one) => [
    one.name,
    plain(one.clock),
    stateWord(one),
    one.state === 'active' ? (one.next[0]?.local ?? '') : '',
    String(one.counts.taken),
    String(one.counts.skipped),
    String(one.counts.missed),
    one.watch ? `every ${one.watch.every ?? '?'}` : '',
  ]);
  print(table([titles.map((title) => paint('dim', title)), ...rows]));
}

const stateWord = ({ state }: ScheduleDocument): string =>
  state === 'active' ? paint('green', state) : paint(state === 'gone' ? 'red' : 'yellow', state);

/** One schedule in full. */
export function printSchedule(one: ScheduleDetails): void {
  const { counts, paused } = one;
  print(`schedule ${one.name}  ${stateWord(one)}`);
  if (one.state === 'gone')
    print(`  Temporal does not know it any more: \`anneal schedule delete ${one.name}\`, then create it again`);
  print(`  when      ${plain(one.clock)}`);
  print(`  overlap   ${one.overlap}; actions up to ${one.catchup} late are caught up`);
  if (one.note !== null) print(`  note      ${plain(one.note)}`);
  if (paused) {
    const so = paused.notTaken === 1 ? '1 action was' : `${paused.notTaken} actions were`;
    print(
      `  paused    by ${plain(paused.by)} since ${paused.since.slice(0, 16).replace('T', ' ')} UTC: ${plain(paused.why)}; ${so} not taken so far`,
    );
  }
  print(`  recipe    ${fileInWords(one.recipe, one.name)}`);
  if (one.recipe.state === 'differs')
    for (const change of one.recipe.changes) print(`              ${plain(changeInWords(change))}`);
  if (one.watch) print(`  watch     its source is looked at every ${one.watch.every ?? '?'}`);
  print(`  changed   ${one.updatedAt.slice(0, 10)} by ${plain(one.actor)}`);
  print(
    `  actions   ${counts.taken} taken: ${counts.completed} completed, ${counts.skipped} skipped (${counts.overlapped} for overlap), ${counts.failed} failed, ${counts.cancelled} cancelled, ${counts.running} running; ${counts.missed} missed`,
  );
  if (one.next.length > 0) {
    print(`\nnext${one.state === 'paused' ? ', once it is resumed' : ''}`);
    for (const { local } of one.next) print(`  ${local}`);
  }
  if (one.actions.length > 0) {
    print('');
    const rows = one.actions.map(({ runId, status, verdict, reason }) => [
      runId,
      status,
      verdict ?? '',
      plain(reason ?? ''),
    ]);
    print(table([['last actions', 'status', 'verdict', ''].map((title) => paint('dim', title)), ...rows]));
  }
}

function fileInWords(recipe: FileState, name: string): string {
  const file = plain(recipe.file);
  if (recipe.state === 'same') return file;
  if (recipe.state === 'gone') return `${file} has gone: the schedule goes on with the recipe that it was given`;
  if (recipe.state === 'unreadable')
    return `${file} cannot be read as a recipe any more; the schedule goes on with what it was given: ${plain(recipe.problem)}`;
  return `${file} differs from what is scheduled; \`anneal schedule update ${name} ${file}\` takes it over:`;
}
