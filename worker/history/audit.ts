import type { Audit } from '../../artifacts/ledger/audit.ts';
import type { EventKind, HistoryEvent } from './event.ts';
import { numbersOf, type Knowledge } from './knowledge.ts';
import { gainInWords, rowsInWords } from './words.ts';

type Told = Partial<HistoryEvent> & { kind: EventKind; text: string };
type Teller = (row: Audit, known: Knowledge) => Told;

const v = (version: number | null): string => (version === null ? 'nothing' : `v${version}`);

/** How each action of the audit is told; others are told as they stand there. */
const TELLERS: Record<string, Teller> = {
  version: ({ to_version, why }) => ({ kind: 'version', text: `${v(to_version)} registered: ${why}` }),
  promote: (row, known) => {
    const { alias, from_version: from, to_version: to, run_id, actor, why } = row;
    const numbers = numbersOf(known, run_id);
    const move = `${v(to)} is ${alias ?? 'an alias'}${from === null ? '' : ` after ${v(from)}`}`;
    const text =
      run_id === null
        ? `${move}, by ${actor}: ${why}`
        : `${move}${rowsInWords(numbers.period ?? null, numbers.counts)}${gainInWords(numbers)}`;
    return { kind: 'promoted', text, ...numbers, reason: why };
  },
  rollback: ({ alias, from_version: from, to_version: to, actor, why }) => ({
    kind: 'rolled back',
    text: `${alias ?? 'an alias'} went back from ${v(from)} to ${v(to)}, by ${actor}: ${why}`,
    reason: why,
  }),
  freeze: ({ actor, why }) => ({ kind: 'frozen', text: `by ${actor}: ${why}`, reason: why }),
  unfreeze: ({ actor, why }) => ({ kind: 'unfrozen', text: `by ${actor}: ${why}`, reason: why }),
  reopened: ({ to_version, why }) => ({
    kind: 'reopened',
    text: `the promotion of ${v(to_version)} does not hold without a judge that is gone: ${why}`,
    reason: why,
  }),
  upheld: ({ to_version, why }) => ({
    kind: 'upheld',
    text: `the promotion of ${v(to_version)} holds without a judge that is gone: ${why}`,
    reason: why,
  }),
};

/** What the tables of approvals tell better. */
const OF_APPROVALS = new Set(['ask-approval', 'approve', 'reject', 'approved', 'rejected', 'expired', 'voided']);

/** Whether a row is told as it stands in the audit, and not from elsewhere. */
export const isToldHere = ({ action }: Audit): boolean => !OF_APPROVALS.has(action);

/** One row of the audit as an event. */
export function fromAudit(row: Audit, known: Knowledge): HistoryEvent {
  const run = row.run_id === null ? undefined : known.runs.get(row.run_id);
  const told = (TELLERS[row.action] ?? other)(row, known);
  return {
    at: row.at,
    run: row.run_id,
    version: row.to_version,
    period: run?.period ?? null,
    actor: row.actor,
    ...(row.alias === null ? {} : { alias: row.alias, from: row.from_version, to: row.to_version }),
    ...told,
  };
}

function other({ action, actor, why }: Audit): Told {
  const kind = action.startsWith('schedule') ? 'schedule' : action.startsWith('backfill') ? 'backfill' : 'note';
  const what = kind === 'note' ? action : action.slice(kind.length).trim();
  return { kind, text: `${what}${what && ', '}by ${actor}: ${why}`, reason: why };
}
