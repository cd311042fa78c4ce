import type { Raise } from '../../configs/budget.ts';
import { audit } from './audit.ts';
import type { Ledger } from './open.ts';

/** Writes a raise into the audit of the line of models, once. */
export async function noteRaise(
  ledger: Ledger,
  { run, model, raise }: { run: string; model: string; raise: Raise },
): Promise<void> {
  const { scope, unit, from, to, by } = raise;
  const why = `the budget of the ${scope}, for this run alone: ${unit} from ${from} to ${to}`;
  await ledger.transaction().execute(async (tx) => {
    const found = await tx
      .selectFrom('audit')
      .select('id')
      .where('run_id', '=', run)
      .where('action', '=', 'budget')
      .where('why', '=', why)
      .executeTakeFirst();
    if (!found) await audit(tx, { actor: by, action: 'budget', name: model, to: null, why, runId: run });
  });
}
