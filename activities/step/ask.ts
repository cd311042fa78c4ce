import { setTimeout as sleep } from 'node:timers/promises';
import { failAsk, findReplies, intendAsk, storeReply, type Budget } from '../../artifacts/ledger/replies.ts';
import { settle, type Ledger } from '../../artifacts/ledger/open.ts';
import type { ReplyRow } from '../../artifacts/ledger/schema.ts';
import type { Writer, WriterReply, WriterRequest } from '../../adapters/contracts.ts';
import { AskFailed, RetryAfter } from '../../adapters/endpoint/errors.ts';
import { cutLater } from '../../adapters/local/cut-later.ts';
import { messageOf, terminal, TerminalError } from '../../configs/failure.ts';
import { BudgetReached, costOf, estimateOf, type Price } from './budget.ts';
import { failpoint } from '../../configs/failpoint.ts';

/** How long one ask is tried. */
export interface Patience {
  /** Requests that end without a usable reply, after which the last error is thrown. */
  attempts: number;
  /** First wait between two of them, in ms; doubled each time. */
  pauseMs: number;
  /** How long a server may be busy and answer nobody, in ms. */
  busyMs: number;
}

export const PATIENCE: Patience = { attempts: 4, pauseMs: 1000, busyMs: 2 * 60_000 };

export interface Asking {
  ledger: Ledger;
  writer: Writer;
  /** Name of the generator in the recipe. */
  generator: string;
  /** Equal asks have equal keys, whatever the run. */
  key: string;
  runId: string;
  request: WriterRequest;
  /** Absent: not known, so that no sum of money can be given or bounded. */
  price?: Price | undefined;
  budget?: Budget | undefined;
  signal: AbortSignal;
  patience?: Patience;
}

/** A reply, and whether this call paid for it. */
export interface Answer {
  reply: WriterReply;
  isNew: boolean;
}

/** When a writer last got a reply, in ms. */
const answeredAt = new WeakMap<Writer, number>();

/** Requests of a run that left this process and have not ended: what they may cost is held back from its budget. */
const sentOf = new Map<string, Set<Promise<unknown>>>();

/** Asks under way in this process: a step that is tried again while its first attempt still waits joins it. */
const underWay = new WeakMap<Ledger, Map<string, Promise<Answer>>>();

/**
 * Gives the reply to an ask, which is sent only when no earlier reply is there. The intent is in the ledger before
 * a request leaves, and the reply before it is given, so that no kill loses or repeats one that was stored; a
 * request whose reply never came is sent again, and counted.
 *
 * @throws BudgetReached when it may cost more than is left.
 * @throws TerminalError of the writer, and `NoPrice` when money is bounded but the price is not known.
 * @throws RetryAfter or AskFailed when patience ended.
 */
export async function askOnce(asking: Asking): Promise<Answer> {
  const { ledger, key, signal } = asking;
  const [found] = (await findReplies(ledger, [key])).values();
  if (found) return { reply: replyOf(found), isNew: false };
  signal.throwIfAborted();
  const asks = underWay.get(ledger) ?? new Map<string, Promise<Answer>>();
  underWay.set(ledger, asks);
  const joined = asks.get(key);
  if (joined) return { ...(await joined), isNew: false };
  const ask = persist(asking).finally(() => asks.delete(key));
  asks.set(key, ask);
  return ask;
}

/** Sends the request until a reply comes or patience ends. */
async function persist(asking: Asking): Promise<Answer> {
  const { generator, price, budget, signal, patience = PATIENCE } = asking;
  if (budget?.usd !== undefined && !price) {
    throw terminal(
      'NoPrice',
      `the budget is in USD, but the price of the generator ${generator} is not known: give its price, or bound tokens instead`,
    );
  }
  let failures = 0;
  let busySince: number | undefined;
  for (;;) {
    try {
      return await send(asking);
    } catch (error) {
      if (error instanceof BudgetReached && (await oneEnds(asking.runId, signal))) continue;
      if (signal.aborted || !(error instanceof RetryAfter || error instanceof AskFailed)) throw error;
      if (error instanceof RetryAfter) busySince ??= performance.now();
      else failures += 1;
      // While others are answered it is a matter of time.
      const since = Math.max(busySince ?? 0, answeredAt.get(asking.writer) ?? 0);
      const isStuck = error instanceof RetryAfter && performance.now() + error.ms - since > patience.busyMs;
      if (failures >= patience.attempts || isStuck) throw error;
      const wait = error instanceof RetryAfter ? error.ms : patience.pauseMs * 2 ** (failures - 1);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }
}

/** Waits until a request of the run has ended, since it may have cost less than was held back; false: none is under way. */
async function oneEnds(runId: string, signal: AbortSignal): Promise<boolean> {
  const sent = sentOf.get(runId);
  if (!sent) return false;
  await Promise.race(sent);
  signal.throwIfAborted();
  return true;
}

/** Notes that a request has left; the function that is given back notes that it has ended. */
function noteSent(runId: string): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const sent = sentOf.get(runId) ?? new Set();
  sentOf.set(runId, sent.add(promise));
  return () => {
    sent.delete(promise);
    if (sent.size === 0) sentOf.delete(runId);
    resolve();
  };
}

/** An answer that another process stored while this one waited for its turn. */
class AlreadyAnswered extends Error {
  readonly row: ReplyRow;

  constructor(row: ReplyRow) {
    super('answered meanwhile');
    this.row = row;
  }
}

async function send(asking: Asking): Promise<Answer> {
  const { ledger, writer, generator, key, runId, request, price, budget, signal } = asking;
  let isSent = false;
  let ended = (): void => undefined;
  const sending = async (thinks = 0): Promise<void> => {
    const estimate = estimateOf({ ...request, maxTokens: request.maxTokens + thinks }, price);
    const intent = await intendAsk(ledger, { key, runId, generator, estimate, budget });
    if (intent.state === 'answered') throw new AlreadyAnswered(intent.reply);
    if (intent.state === 'over-budget') throw new BudgetReached(intent.spending, budget ?? {}, estimate);
    isSent = true;
    ended = noteSent(runId);
    failpoint('ask.intended');
  };
  const cut = cutLater(signal, () => isSent);
  try {
    const reply = await writer.ask(request, { signal: cut.signal, sending });
    failpoint('ask.replied');
    answeredAt.set(writer, performance.now());
    const { promptTokens, completionTokens } = reply;
    const usd = costOf(promptTokens, completionTokens, price);
    const row = await storeReply(ledger, { key, reply, promptTokens, completionTokens, usd });
    failpoint('ask.stored');
    await settle(ledger);
    failpoint('ask.settled');
    return { reply: replyOf(row), isNew: true };
  } catch (error) {
    if (error instanceof AlreadyAnswered) return { reply: replyOf(error.row), isNew: false };
    if (isSent) await failAsk(ledger, { key, error: messageOf(error), mayBePaid: mayBePaid(error) });
    throw error;
  } finally {
    ended();
    cut.clear();
  }
}

/** Whether a request that ended so may have been worked on; of errors nobody foresaw, it may. */
function mayBePaid(error: unknown): boolean {
  if (error instanceof AskFailed) return error.mayBePaid;
  return !(error instanceof RetryAfter || error instanceof TerminalError);
}

const replyOf = (row: ReplyRow): WriterReply => JSON.parse(row.reply_json ?? 'null') as WriterReply;
