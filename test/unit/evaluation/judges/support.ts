import { Judges, type Judge } from '../../../../configs/judges.ts';
import { identify, type TestRow } from '../../../../data/row.ts';
import type { JudgeAsk, JudgeReply } from '../../../../evaluation/judges/asker.ts';
import { planJudging, readJudging, type Judging } from '../../../../evaluation/judges/judging.ts';
import type { JudgedRow } from '../../../../evaluation/judges/methods/method.ts';

const generator = { kind: 'endpoint', baseUrl: 'http://localhost:1/v1', model: 'small' };

/** Judges as a recipe has them, all asked at one endpoint. */
export const judgesOf = (written: Record<string, Record<string, unknown>>): Judges =>
  Judges.parse(Object.fromEntries(Object.entries(written).map(([name, judge]) => [name, { generator, ...judge }])));

export const judgeOf = (written: Record<string, unknown>): Judge => judgesOf({ it: written })['it'] as Judge;

/** A test row about one question. */
export function rowOf(question: string, reference = '', columns: Record<string, unknown> = {}): TestRow {
  const row = identify({ messages: [{ role: 'user', content: question }], columns }, 0, 1);
  return { ...row, reference };
}

export const judgingOf = (judges: Judges, rows: readonly JudgedRow[], votes = 0): Judging => ({
  judges,
  votes,
  rows,
  identities: new Map(
    Object.keys(judges).map((name) => [name, { model: '{"model":"small"}', digest: `sha256:${name}` }]),
  ),
});

/** Text of everything that was asked. */
export const textOf = ({ ask }: JudgeAsk): string => ask.messages.map(({ content }) => String(content)).join('\n\n');

/** What stands between the fences under a title. */
export function shownIn(ask: JudgeAsk, title: string): string | undefined {
  const mark = /BEGIN ([0-9a-f]{24})/.exec(textOf(ask))?.[1] ?? '';
  const [, rest] = textOf(ask).split(`\n\n${title}`);
  return rest?.split(`BEGIN ${mark}\n`)[1]?.split(`\nEND ${mark}`)[0];
}

/** Has everything answered; gives the result, and what was asked in order. */
export function judged(
  judging: Judging,
  answer: (ask: JudgeAsk) => string | { failed: string },
  replies = new Map<string, JudgeReply>(),
): ReturnType<typeof readJudging> & { asked: JudgeAsk[]; replies: Map<string, JudgeReply> } {
  const asked: JudgeAsk[] = [];
  for (;;) {
    const asks = planJudging(judging, replies);
    if (asks.length === 0) return { ...readJudging(judging, replies), asked, replies };
    for (const ask of asks) {
      const said = answer(ask);
      replies.set(ask.key, typeof said === 'string' ? { text: said, tokens: 10 } : { ...said, tokens: 0 });
      asked.push(ask);
    }
  }
}
