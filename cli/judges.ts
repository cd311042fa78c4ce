import { listJudges, type JudgeLine } from '../artifacts/ledger/known-judges.ts';
import type { Promotion } from '../artifacts/ledger/resting.ts';
import { plain } from '../configs/plain.ts';
import { openShelfStore } from '../worker/shelf-store.ts';
import { UsageError } from './command.ts';
import { paint, shortDigest, table } from './output.ts';
import type { State } from './state.ts';

/** Ledger and store, as those take them who read judges. */
export const shelfOf = ({ home, ledger }: State) => ({ ledger, store: openShelfStore(home, ledger) });

/** Shorter beginnings of a digest are more likely a slip than a wish. */
const SHORTEST_PREFIX = 4;

/** Judges of a name, or of a digest or the beginning of one; at least one. @throws UsageError */
export async function judgesNamed(state: State, what: string): Promise<JudgeLine[]> {
  const all = await listJudges(shelfOf(state));
  const byName = all.filter(({ names }) => names.includes(what));
  if (byName.length > 0) return byName;
  const hex = what.replace(/^sha256:/, '').toLowerCase();
  const isHex = /^[0-9a-f]+$/.test(hex) && hex.length >= SHORTEST_PREFIX;
  const byDigest = isHex ? all.filter(({ digest }) => digest.startsWith(`sha256:${hex}`)) : [];
  if (byDigest.length > 0) return byDigest;
  throw new UsageError(
    `there is no judge "${what}": give a name or a digest (or the beginning of one); \`anneal judge list\` shows them`,
  );
}

/** Promotions for people, one a line. */
export function promotionTable(promotions: readonly Promotion[]): string {
  const rows = promotions.map(({ model, run, at, aliases }) => [
    `  ${model}`,
    aliases.length === 0 ? 'no alias by now' : `now ${aliases.join(', ')}`,
    `run ${run}`,
    at.slice(0, 10),
  ]);
  return table(rows);
}

/** A judge on one line. */
export function judgeRow({ digest, names, kind, model, ...line }: JudgeLine): string[] {
  const { state, calibrated, expires, decisions, promotions } = line;
  return [
    names.map(plain).join(', '),
    kind,
    plain(model),
    paint(state === 'valid' ? 'green' : 'yellow', state),
    calibrated?.slice(0, 10) ?? 'never',
    expires?.slice(0, 10) ?? '',
    String(decisions),
    String(promotions),
    shortDigest(digest),
  ];
}
