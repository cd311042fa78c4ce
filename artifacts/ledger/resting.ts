import type { Refs } from '../../configs/refs.ts';
import { parseName } from '../../configs/names.ts';
import type { Store } from '../store.ts';
import { refsOf } from './executions.ts';
import type { Ledger } from './open.ts';
import type { ExecutionRow } from './schema.ts';

/** A promotion that a judge's verdicts led to. */
export interface Promotion {
  /** `name@vN`. */
  model: string;
  name: string;
  version: number;
  run: string;
  at: string;
  /** Names under which its gate decided on the judge, or on any. */
  judges: string[];
  /** The alias that it was given, and the version that had it before; null: none had. */
  alias: string;
  before: number | null;
  /** Aliases that point to this version now, and whether the one that it was given is among them. */
  aliases: string[];
  isChampion: boolean;
  candidate: string;
  /** Digest of the model that it was compared with. */
  champion: string;
  base: string;
  test: string;
}

/** A gate that decided on a judge, whatever it decided. */
export interface Decision {
  run: string;
  execution: string;
  verdict: string;
  /** Digests of the judges by name. */
  judges: Record<string, string>;
}

interface Verdict {
  verdict: string;
  candidate: string;
  champion: string;
  test: string;
  /** Absent in verdicts of earlier versions, which knew no judges. */
  judges?: Record<string, string>;
}

type Shelf = { ledger: Ledger; store: Pick<Store, 'read'> };

/** Every gate that decided on any judge, oldest first. @throws when a verdict is damaged: nothing may be overlooked. */
export async function decisionsOnJudges({ ledger, store }: Shelf): Promise<Decision[]> {
  const gates = await completed(ledger, 'gate');
  const found: Decision[] = [];
  for (const { id, run_id } of gates) {
    const { verdict } = await refsOf(ledger, id, 'out');
    if (!verdict) continue;
    const { verdict: outcome, judges = {} } = await verdictIn(store, verdict.digest);
    if (Object.keys(judges).length > 0) found.push({ run: run_id, execution: id, verdict: outcome, judges });
  }
  return found;
}

/**
 * Every promotion that rests on a judge: registrations that moved an alias because a gate, which decided on that
 * judge, said so; oldest first.
 * @throws when a verdict is damaged: nothing may be overlooked.
 */
export async function promotionsOn(shelf: Shelf, judge: string): Promise<Promotion[]> {
  const found = await promotionsOnJudges(shelf);
  return found.flatMap(({ promotion, judges }) => {
    const names = Object.keys(judges).filter((name) => judges[name] === judge);
    return names.length === 0 ? [] : [{ ...promotion, judges: names }];
  });
}

/** Every promotion that rests on any judge, with the digests of the judges by name; oldest first. */
export async function promotionsOnJudges({
  ledger,
  store,
}: Shelf): Promise<{ promotion: Promotion; judges: Record<string, string> }[]> {
  const found: { promotion: Promotion; judges: Record<string, string> }[] = [];
  for (const row of await completed(ledger, 'register')) {
    const facts = JSON.parse(row.facts_json) as { model?: string; promoted?: boolean };
    if (facts.promoted !== true) continue;
    const inputs = await refsOf(ledger, row.id, 'in');
    if (!inputs['verdict']) continue;
    const verdict = await verdictIn(store, inputs['verdict'].digest);
    const { judges = {} } = verdict;
    // Also where people approved what the gate left open: they saw what the judge had said.
    if (Object.keys(judges).length > 0)
      found.push({ promotion: await promotionOf(ledger, row, { model: facts.model ?? '', inputs, verdict }), judges });
  }
  return found;
}

async function promotionOf(
  ledger: Ledger,
  { run_id, ended_at, started_at }: ExecutionRow,
  known: { model: string; inputs: Refs; verdict: Verdict },
): Promise<Promotion> {
  const { model, inputs, verdict } = known;
  const { name, version = 0 } = parseName(model) ?? { name: model };
  const aliases = await ledger
    .selectFrom('aliases')
    .select('alias')
    .where('name', '=', name)
    .where('version', '=', version)
    .orderBy('alias')
    .execute();
  const run = await ledger.selectFrom('runs').select('recipe_json').where('id', '=', run_id).executeTakeFirst();
  const { register } = JSON.parse(run?.recipe_json ?? '{}') as { register?: { alias?: string } };
  const alias = register?.alias ?? 'champion';
  const moved = await ledger
    .selectFrom('audit')
    .select('from_version')
    .where('name', '=', name)
    .where('alias', '=', alias)
    .where('action', '=', 'promote')
    .where('to_version', '=', version)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return {
    model,
    name,
    version,
    run: run_id,
    at: ended_at ?? started_at,
    judges: Object.keys(verdict.judges ?? {}),
    alias,
    before: moved?.from_version ?? null,
    aliases: aliases.map((row) => row.alias),
    isChampion: aliases.some((row) => row.alias === alias),
    candidate: verdict.candidate,
    champion: verdict.champion,
    base: inputs['base']?.digest ?? verdict.champion,
    test: verdict.test,
  };
}

const completed = (ledger: Ledger, step: string): Promise<ExecutionRow[]> =>
  ledger
    .selectFrom('executions')
    .selectAll()
    .where('step', '=', step)
    .where('status', '=', 'completed')
    .orderBy('started_at')
    .orderBy('id')
    .execute();

const verdictIn = async (store: Pick<Store, 'read'>, digest: string): Promise<Verdict> =>
  JSON.parse((await store.read(digest)).toString('utf8')) as Verdict;
