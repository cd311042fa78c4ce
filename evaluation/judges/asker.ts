import { keyOf } from '../../data/synthesis/answer.ts';
import type { Ask } from '../../data/synthesis/strategy.ts';
import type { AskJudge, Said } from './methods/method.ts';
import { messagesOf, type Question } from './question.ts';
import { readReply } from './reply.ts';

/** What came of an ask: its text, or why there is none. */
export type JudgeReply = ({ text: string } | { failed: string }) & {
  /** Prompt and answer together; of what failed 0. */
  tokens: number;
};

/** An ask under the key that its reply is kept under. */
export interface JudgeAsk {
  key: string;
  ask: Ask;
}

/** Who is asked, which repeat this is, and for which row. */
export interface Asked {
  judge: string;
  /** Identity of the judge's model with its sampling. */
  model: string;
  /** Repeats of one question differ in it, and so do their keys. */
  repeat: number;
  row: string;
}

/** Puts questions by looking up replies; what is missing goes to `need`, what was used to `used`. */
export interface Desk {
  replies: ReadonlyMap<string, JudgeReply>;
  need(ask: JudgeAsk): void;
  used(key: string, reply: JudgeReply): void;
}

/** Asks of one judge about one row: each once, and once more when the reply cannot be used. */
export function askerFor(desk: Desk, asked: Asked): AskJudge {
  return <T>(question: Question<T>): Said<T> | undefined => {
    const first = put(desk, asked, question);
    if (!first || !('problem' in first)) return first;
    const second = put(desk, asked, question, first.problem);
    return second && 'problem' in second
      ? { why: `the judge did not reply as asked, twice: ${second.problem}` }
      : second;
  };
}

function put<T>(
  desk: Desk,
  { judge, model, repeat, row }: Asked,
  question: Question<T>,
  before?: string,
): Said<T> | { problem: string } | undefined {
  const ask: Ask = {
    generator: judge,
    task: 0,
    index: repeat,
    messages: messagesOf(question, before),
    schema: question.form.schema,
    seed: repeat,
    parents: [row],
    ...(before === undefined ? {} : { isRepair: true as const }),
  };
  const key = keyOf(ask, model);
  const reply = desk.replies.get(key);
  if (!reply) {
    desk.need({ key, ask });
    return undefined;
  }
  desk.used(key, reply);
  return 'failed' in reply ? { why: reply.failed } : readReply(question.form, reply.text);
}
