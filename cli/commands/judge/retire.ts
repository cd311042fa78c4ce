import { findRetired, retireJudge } from '../../../artifacts/ledger/judges.ts';
import type { JudgeLine } from '../../../artifacts/ledger/known-judges.ts';
import { promotionsOn, type Promotion } from '../../../artifacts/ledger/resting.ts';
import { findRun } from '../../../artifacts/ledger/runs.ts';
import { plain } from '../../../configs/plain.ts';
import { EXIT, UsageError } from '../../command.ts';
import { judgesNamed, promotionTable, shelfOf } from '../../judges.ts';
import { paint, print, printJson, shortDigest, tell } from '../../output.ts';
import { followReopenings, reopenPromotions, type Reopening } from '../../reconsider.ts';
import { actor, noState, readState, type State } from '../../state.ts';

interface Flags {
  why: string;
  noReopen: boolean;
  detach: boolean;
  json: boolean;
}

/** What the second look at a promotion has come to. */
interface Reopened {
  run: string;
  status: string;
  verdict: string | null;
  outcome: string | null;
  why: string | null;
  /** What a person can do now; null: nothing has to be done. */
  next: string | null;
}

/** Retires a judge, lists the promotions that rest on it, and has them looked at again. */
export async function retire(flags: Flags, what: string): Promise<number> {
  return readState(async (state) => {
    const judge = theOne(await judgesNamed(state, what), what);
    const { digest } = judge;
    // Read first: when a verdict cannot be read, nothing is half done.
    const promotions = await promotionsOn(shelfOf(state), digest);
    const isNew = await retireJudge(state.ledger, { judge: digest, actor: actor(), why: flags.why });
    const retired = await findRetired(state.ledger, digest);
    const why = retired?.why ?? flags.why;
    if (!flags.json) {
      print(`judge ${judge.names.map(plain).join(', ')} ${isNew ? 'is retired' : 'was retired before'}: ${plain(why)}`);
      print(
        promotions.length === 0
          ? 'no promotion rests on it'
          : `${promotions.length === 1 ? 'a promotion rests' : `${promotions.length} promotions rest`} on it`,
      );
      if (promotions.length > 0) print(promotionTable(promotions));
    }
    const reopenings = flags.noReopen ? [] : await reopenPromotions(state, promotions, { digest, why });
    for (const { promotion, run, isOld } of reopenings)
      tell(`${promotion.model} ${isOld ? 'was looked at again' : 'is looked at again'} in run ${run}`);
    if (!flags.detach && reopenings.length > 0) await followReopenings(state, reopenings);
    const ended = new Map<Promotion, Reopened>();
    for (const reopening of reopenings) ended.set(reopening.promotion, await endOf(state, reopening));
    if (flags.json)
      printJson({
        judge: { digest, names: judge.names, kind: judge.kind, model: judge.model },
        retired: { at: retired?.at, actor: retired?.actor, why },
        isNew,
        promotions: promotions.map((promotion) => ({ ...promotion, reopened: ended.get(promotion) ?? null })),
      });
    else for (const [promotion, found] of ended) printEnd(promotion, found);
    return [...ended.values()].some(({ status }) => status === 'failed') ? EXIT.failed : EXIT.done;
  }, noState);
}

/** One judge: of several of a name the one that still decides. */
function theOne(found: readonly JudgeLine[], what: string): JudgeLine {
  const active = found.filter(({ state }) => state !== 'retired');
  const among = active.length > 0 ? active : found;
  const [one] = among;
  if (one && among.length === 1) return one;
  const list = among.map(({ digest, model }) => `${shortDigest(digest)} (${plain(model)})`).join(', ');
  throw new UsageError(`"${what}" names ${among.length} judges: give the digest of one of ${list}`);
}

async function endOf({ ledger }: State, { promotion, run }: Reopening): Promise<Reopened> {
  const row = await findRun(ledger, run);
  const noted = await ledger
    .selectFrom('audit')
    .select(['action', 'why'])
    .where('run_id', '=', run)
    .where('action', 'in', ['upheld', 'reopened'])
    .executeTakeFirst();
  const outcome = noted?.action ?? null;
  return {
    run,
    status: row?.status ?? 'running',
    verdict: row?.verdict ?? null,
    outcome,
    why: noted?.why ?? row?.waiting ?? errorIn(row?.error_json ?? null),
    next: outcome === 'reopened' && promotion.isChampion ? wayBack(promotion, run) : null,
  };
}

function errorIn(json: string | null): string | null {
  return json === null ? null : (JSON.parse(json) as { message: string }).message;
}

/** The alias is moved by a person, and never by a judge that is gone. */
function wayBack({ name, alias, before }: Promotion, run: string): string {
  if (before === null) return `anneal promote ${name}@vN --why "reopened by run ${run}"`;
  return `anneal rollback ${name}${alias === 'champion' ? '' : ` --alias ${alias}`} --why "reopened by run ${run}"`;
}

function printEnd({ model, alias, before, isChampion }: Promotion, found: Reopened): void {
  const { run, status, verdict, outcome, why, next } = found;
  if (outcome === null) {
    print(
      `\n${model}: run ${run} is ${status}${why === null ? '' : `: ${plain(why)}`}; \`anneal show ${run}\` shows it`,
    );
    return;
  }
  const colour = outcome === 'upheld' ? 'green' : 'yellow';
  print(`\n${model} is ${paint(colour, outcome)}${verdict === null ? '' : ` (${verdict})`}, run ${run}`);
  if (why !== null) print(`  ${plain(why)}`);
  if (next !== null)
    print(
      before === null
        ? `  it is still ${alias}, and none was before it; to move the alias: ${next}`
        : `  it is still ${alias}; to go back to the last clean version before it: ${next}`,
    );
  else if (outcome === 'reopened' && !isChampion) print(`  it is not ${alias} any more: nothing has to be moved`);
}
