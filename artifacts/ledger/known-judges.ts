import type { Store } from '../store.ts';
import { listCalibrations, stateOfJudge, type JudgeState } from './judges.ts';
import type { Ledger } from './open.ts';
import { decisionsOnJudges, promotionsOnJudges } from './resting.ts';

/** A judge of the ledger. */
export interface JudgeLine {
  digest: string;
  /** Names that recipes give it, in their order. */
  names: string[];
  kind: string;
  /** As recipes name it; of a model on this machine that was stored before names were noted, its digest. */
  model: string;
  state: JudgeState;
  /** When it was last compared with people; null: never. */
  calibrated: string | null;
  expires: string | null;
  /** Gates that decided on it, and models that were promoted because of it. */
  decisions: number;
  promotions: number;
}

interface Described {
  kind?: string;
  model?: { model?: string | null };
}

/** Every judge that has judged or was calibrated, newest first. */
export async function listJudges(shelf: { ledger: Ledger; store: Pick<Store, 'read'> }): Promise<JudgeLine[]> {
  const { ledger, store } = shelf;
  const rows = await ledger
    .selectFrom('artifacts')
    .select(['digest', 'meta_json'])
    .where('type', '=', 'Judge')
    .orderBy('created_at', 'desc')
    .orderBy('digest')
    .execute();
  const decisions = rows.length === 0 ? [] : await decisionsOnJudges(shelf);
  const promotions = decisions.length === 0 ? [] : await promotionsOnJudges(shelf);
  const named = await namesInSteps(ledger);
  const lines: JudgeLine[] = [];
  for (const { digest, meta_json } of rows) {
    const meta = JSON.parse(meta_json) as { name?: string; model?: string };
    const described = JSON.parse((await store.read(digest)).toString('utf8')) as Described;
    const [newest] = await listCalibrations(ledger, digest);
    const on = ({ judges }: { judges: Record<string, string> }): boolean => Object.values(judges).includes(digest);
    lines.push({
      digest,
      names: [...new Set([...(meta.name === undefined ? [] : [meta.name]), ...(named.get(digest) ?? [])])],
      kind: described.kind ?? 'unknown',
      model: meta.model ?? described.model?.model ?? 'unknown',
      state: await stateOfJudge(ledger, digest),
      calibrated: newest?.made_at ?? null,
      expires: newest?.expires_at ?? null,
      decisions: decisions.filter(on).length,
      promotions: promotions.filter(on).length,
    });
  }
  return lines;
}

const ROLE = 'judge.';

/** Names that steps of runs gave to each judge. */
async function namesInSteps(ledger: Ledger): Promise<Map<string, string[]>> {
  const edges = await ledger
    .selectFrom('edges')
    .select(['digest', 'role'])
    .distinct()
    .where('role', 'like', `${ROLE}%`)
    .where('direction', '=', 'in')
    .orderBy('role')
    .execute();
  const names = new Map<string, string[]>();
  for (const { digest, role } of edges) names.set(digest, [...(names.get(digest) ?? []), role.slice(ROLE.length)]);
  return names;
}
