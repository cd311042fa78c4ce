import { checks } from '../../scripts/toolchain.js';
import { EXIT } from '../command.ts';
import { paint, print, printJson, table } from '../output.ts';

export async function doctor(flags: { json: boolean }): Promise<number> {
  const found = checks();
  // A check with a note is about speed: everything works without it.
  const ok = found.every((check) => check.ok || check.note !== undefined);
  if (flags.json) printJson({ ok, checks: found });
  else {
    const mark = (isOk: boolean, note?: string): string =>
      isOk ? paint('green', 'ok') : note === undefined ? paint('red', 'missing') : paint('yellow', 'slow');
    print(
      table(
        found.map(({ name, ok: isOk, found: what, remedy, note }) => [
          name,
          mark(isOk, note),
          [what, note, remedy && `to mend: ${remedy}`].filter(Boolean).join('; '),
        ]),
      ),
    );
  }
  return ok ? EXIT.done : EXIT.failed;
}
