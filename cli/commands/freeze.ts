import { freeze as freezeLine, unfreeze as unfreezeLine } from '../../artifacts/ledger/frozen.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { parseName } from '../../configs/names.ts';
import { nearest } from '../../configs/nearest.ts';
import { UsageError } from '../command.ts';
import { noteText, print, printJson } from '../output.ts';
import { actor, noState, readState } from '../state.ts';

/** Keeps the aliases of a line of models where they are. */
export async function freeze(flags: { reason: string; json: boolean }, name: string): Promise<void> {
  const reason = flags.reason.trim();
  if (reason === '') throw new UsageError('--reason: say why in a few words; it is shown to everybody who is refused');
  await readState(async ({ ledger }) => {
    await knownLine(ledger, name);
    const { frozen, isNew } = await freezeLine(ledger, { name, reason, actor: actor() });
    if (flags.json) return printJson({ ...frozen, isNew });
    const { actor: who, at, reason: why } = frozen;
    print(
      isNew
        ? `${name} is frozen: no alias of it moves until \`anneal unfreeze ${name}\``
        : `${name} was frozen before, by ${noteText(who)} on ${at.slice(0, 10)}: ${noteText(why)}`,
    );
  }, noState);
}

/** Lets the aliases of a line of models move again. */
export async function unfreeze(flags: { reason?: string; json: boolean }, name: string): Promise<void> {
  const why = flags.reason ?? 'unfrozen by hand';
  await readState(async ({ ledger }) => {
    await knownLine(ledger, name);
    const before = await unfreezeLine(ledger, { name, why, actor: actor() });
    if (flags.json) return printJson({ name, wasFrozen: before !== undefined, frozen: before ?? null });
    print(
      before
        ? `${name} is free again; it was frozen by ${noteText(before.actor)} on ${before.at.slice(0, 10)}: ${noteText(before.reason)}`
        : `${name} was not frozen`,
    );
  }, noState);
}

/** A slip in the name would freeze nothing, and nobody would notice. */
async function knownLine(ledger: Ledger, name: string): Promise<void> {
  const line = parseName(name)?.name;
  if (line !== undefined) throw new UsageError(`${name} is one version; a line is frozen as a whole: give ${line}`);
  const [versions, runs] = await Promise.all([
    ledger.selectFrom('versions').select('name').distinct().execute(),
    ledger.selectFrom('runs').select('model as name').distinct().execute(),
  ]);
  const names = [...new Set([...versions, ...runs].map((row) => row.name))];
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new UsageError(
    `there is no line of models "${name}": ${near ? `did you mean "${near}"?` : '`anneal models` lists them'}`,
  );
}
