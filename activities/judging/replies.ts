import type { WriterReply } from '../../adapters/contracts.ts';
import { failedAsks, findReplies } from '../../artifacts/ledger/replies.ts';
import type { ReplyRow } from '../../artifacts/ledger/schema.ts';
import type { JudgeAsk, JudgeReply } from '../../evaluation/judges/asker.ts';
import type { StepContext } from '../step/context.ts';

/** Replies that are there, and asks of this run that nobody could answer. */
export async function repliesTo(
  context: StepContext<unknown>,
  asks: readonly JudgeAsk[],
): Promise<Map<string, JudgeReply>> {
  const { deps, run } = context;
  const found = await findReplies(
    deps.ledger,
    asks.map(({ key }) => key),
  );
  const failed = await failedAsks(deps.ledger, run.id);
  const replies = new Map<string, JudgeReply>();
  for (const { key } of asks) {
    const row = found.get(key);
    if (row) replies.set(key, replyOf(row));
    else if (failed.has(key)) replies.set(key, { failed: 'the judge gave no usable answer', tokens: 0 });
  }
  return replies;
}

function replyOf({ reply_json, prompt_tokens, completion_tokens }: ReplyRow): JudgeReply {
  const { text, finish } = JSON.parse(reply_json ?? 'null') as WriterReply;
  const tokens = (prompt_tokens ?? 0) + (completion_tokens ?? 0);
  return finish === 'refused' ? { failed: 'the judge refused to answer', tokens } : { text, tokens };
}
