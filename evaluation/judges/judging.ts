import type { Judge, Judges } from '../../configs/judges.ts';
import { askerFor, type Desk, type JudgeAsk, type JudgeReply } from './asker.ts';
import { methodOf } from './methods/by-kind.ts';
import type { Judged, JudgedRow, PairLook, Said } from './methods/method.ts';
import { summarise, type JudgedItem, type JudgeReport } from './report.ts';

/** What is judged, by whom. */
export interface Judging {
  judges: Judges;
  /** Repeats beyond those that each judge has. */
  votes: number;
  rows: readonly JudgedRow[];
  /** By judge: identity of its model with its sampling (part of the keys of replies), and its own digest. */
  identities: ReadonlyMap<string, { model: string; digest: string }>;
}

export type JudgeReplies = ReadonlyMap<string, JudgeReply>;

/**
 * What has to be asked next, each once, in a fixed order. Some questions depend on replies (an unusable one is asked
 * again; statements are checked once they are known): called again with those until it is empty.
 */
export function planJudging(judging: Judging, replies: JudgeReplies): JudgeAsk[] {
  const needed = new Map<string, JudgeAsk>();
  const desk: Desk = {
    replies,
    need: (ask) => void (needed.has(ask.key) || needed.set(ask.key, ask)),
    used: () => undefined,
  };
  for (const [name, judge] of Object.entries(judging.judges))
    for (const row of judging.rows) looksAt(judging, name, judge, row, desk);
  return [...needed.values()];
}

/**
 * Scores of every row and what is known of every judge, out of the replies.
 *
 * @throws Error when a reply is missing: {@link planJudging} has to come to nothing first.
 */
export function readJudging(judging: Judging, replies: JudgeReplies): { items: JudgedItem[]; report: JudgeReport } {
  const reader = readerOf(judging, replies);
  const items = judging.rows.map((row) => reader.read(row));
  return { items, report: reader.report(items) };
}

/** {@link readJudging} row by row, for a caller that has other things to do in between. */
export function readerOf(
  judging: Judging,
  replies: JudgeReplies,
): { read(row: JudgedRow): JudgedItem; report(items: readonly JudgedItem[]): JudgeReport } {
  const readers = Object.entries(judging.judges).map(([name, judge]) => {
    const tokens = new Map<string, number>();
    const looks: PairLook[][] = [];
    const desk: Desk = {
      replies,
      need: ({ ask }) => {
        throw new Error(`the judge ${name} has not replied about row ${ask.parents[0] ?? ''}: ask first`);
      },
      used: (key, reply) => void tokens.set(key, reply.tokens),
    };
    return { name, judge, tokens, looks, desk };
  });
  return {
    read: (row) => {
      const item: JudgedItem = { id: row.row.id, candidate: {}, champion: {} };
      for (const { name, judge, looks, desk } of readers) {
        const judged = looksAt(judging, name, judge, row, desk).filter((one) => one !== undefined);
        note(item, name, judged);
        const pairs = judged.flatMap(({ pair }) => pair ?? []);
        if (pairs.length > 0) looks.push(pairs);
      }
      return item;
    },
    report: (items) => ({
      judges: Object.fromEntries(
        readers.map(({ name, judge, tokens, looks }) => {
          const summary = summarise(name, judge, {
            digest: judging.identities.get(name)?.digest ?? '',
            repeats: judge.repeats + judging.votes,
            tokens: [...tokens.values()].reduce((sum, one) => sum + one, 0),
            items,
            looks,
          });
          return [name, summary];
        }),
      ),
    }),
  };
}

/** One row, judged as often as it shall be; undefined where replies are missing. */
function looksAt(
  { identities, votes }: Judging,
  name: string,
  judge: Judge,
  row: JudgedRow,
  desk: Desk,
): (Judged | undefined)[] {
  const model = identities.get(name)?.model;
  if (model === undefined) throw new Error(`the judge ${name} has no identity`);
  const method = methodOf(judge);
  return Array.from({ length: judge.repeats + votes }, (_, repeat) =>
    method.judge(judge, row, askerFor(desk, { judge: name, model, repeat, row: row.row.id })),
  );
}

function note(item: JudgedItem, name: string, judged: readonly Judged[]): void {
  const whys: string[] = [];
  for (const side of ['candidate', 'champion'] as const) {
    const said = pooled(judged.map((one) => one[side]));
    item[side][name] = 'value' in said ? said.value : null;
    if ('why' in said) whys.push(said.why);
  }
  if (whys[0] !== undefined) item.why = { ...item.why, [name]: whys[0] };
}

/** Mean over repeats. Of more than half unmeasured ones nothing is made: the rest may be the easy ones. */
function pooled(all: readonly Said<number>[]): Said<number> {
  const values = all.flatMap((said) => ('value' in said ? [said.value] : []));
  const why = all.find((said) => 'why' in said)?.why ?? 'it was never judged';
  if (values.length === 0 || 2 * values.length < all.length)
    return { why: all.length > 1 ? `${all.length - values.length} of ${all.length} repeats: ${why}` : why };
  return { value: values.reduce((sum, value) => sum + value, 0) / values.length };
}
