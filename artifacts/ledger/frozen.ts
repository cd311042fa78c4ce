import { terminal } from '../../configs/failure.ts';
import { audit, durably } from './audit.ts';
import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { FrozenRow } from './schema.ts';

/** Who froze a line of models, when and why; undefined: nobody did. */
export async function frozenOf(ledger: Ledger, name: string): Promise<FrozenRow | undefined> {
  return ledger.selectFrom('frozen').selectAll().where('name', '=', name).executeTakeFirst();
}

/** Every frozen line of models, by name. */
export async function listFrozen(ledger: Ledger): Promise<FrozenRow[]> {
  return ledger.selectFrom('frozen').selectAll().orderBy('name').execute();
}

/**
 * Freezes a line of models: until somebody unfreezes it, none of its aliases moves. One that is frozen stays as it
 * was, with its first reason.
 */
export async function freeze(
  ledger: Ledger,
  { name, reason, actor }: Pick<FrozenRow, 'name' | 'reason' | 'actor'>,
): Promise<{ frozen: FrozenRow; isNew: boolean }> {
  return durably(ledger, async (tx) => {
    const before = await frozenOf(tx, name);
    if (before) return { frozen: before, isNew: false };
    const frozen: FrozenRow = { name, reason, actor, at: now() };
    await tx.insertInto('frozen').values(frozen).execute();
    await audit(tx, { actor, action: 'freeze', name, to: null, why: reason });
    return { frozen, isNew: true };
  });
}

/** Lets the aliases of a line move again. Gives what had frozen it; undefined: it was not frozen. */
export async function unfreeze(
  ledger: Ledger,
  { name, why, actor }: { name: string; why: string; actor: string },
): Promise<FrozenRow | undefined> {
  return durably(ledger, async (tx) => {
    const before = await frozenOf(tx, name);
    if (!before) return undefined;
    await tx.deleteFrom('frozen').where('name', '=', name).execute();
    await audit(tx, { actor, action: 'unfreeze', name, to: null, why });
    return before;
  });
}

/** Refuses to move an alias of a frozen line. @throws TerminalError `Frozen` */
export async function refuseFrozen(tx: Ledger, name: string): Promise<void> {
  const frozen = await frozenOf(tx, name);
  if (frozen) throw terminal('Frozen', frozenInWords(frozen), { name });
}

/** Who, when, why, and the way out. */
export function frozenInWords({ name, reason, actor, at }: FrozenRow): string {
  return `${name} was frozen by ${actor} on ${at.slice(0, 16).replace('T', ' ')} UTC (${reason}), so no alias of it moves: \`anneal unfreeze ${name}\` lets it`;
}
