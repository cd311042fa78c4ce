import type { Synthesize } from '../../configs/synthesis.ts';
import { terminal, type TerminalError } from '../../configs/failure.ts';
import type { Row } from '../row.ts';
import { checkAnswer, repairAsk } from './answer.ts';
import type { Candidate, FilterWorld } from './filter.ts';
import type { Grammar } from './grammar.ts';
import { limitShare } from './limit-share.ts';
import { candidatesOf, planTask, readReply, readValue } from './plan.ts';
import { runFilters, type Rejected } from './run-filters.ts';
import { grammarAnswer } from './strategies/grammar.ts';
import type { Ask, Given } from './strategy.ts';
import { countReasons, countYield, type Outcome, type SynthesisYield } from './yield.ts';

/** What a generator said to an ask, or why it said nothing that can be used. */
export type Reply = { text: string } | { failed: string };

/** What a synthesis is made of. */
export interface SynthesisOrder {
  settings: Synthesize;
  /** Without `task`, `seed` and `grammar`, which are each task's own. */
  given: Omit<Given, 'task' | 'seed' | 'grammar'>;
  world: Omit<FilterWorld, 'given'>;
  /** Grammars by name of their generator. */
  grammars: ReadonlyMap<string, Grammar>;
  /** What a generator's answers depend on, by name. */
  identities: ReadonlyMap<string, string>;
  /** Replies that are there, in the order of the asks; undefined: not asked yet. */
  replies(asks: readonly Ask[]): Promise<readonly (Reply | undefined)[]>;
}

/** A reply that could not be used, or a row that a filter took out. */
export type PutAside =
  | { generator: string; task: number; index: number; reason: string; excerpt: string }
  | { filter: string; reason: string; detail?: string; row: Row };

export interface Synthesized {
  /** Rows for training. */
  train: Candidate[];
  /** Preference pairs, adversarial variants and drafts for evaluation, which are datasets of their own. */
  preference: Row[];
  adversarial: Row[];
  drafts: Row[];
  aside: PutAside[];
  counts: SynthesisYield;
  findings: Record<string, unknown>;
}

/** Asks whose replies are not there yet. */
class Missing extends Error {
  readonly asks: Ask[];

  constructor(asks: Ask[]) {
    super(`${asks.length} asks have no reply yet`);
    this.asks = asks;
  }
}

/**
 * Makes rows out of the replies that are there, or says which asks are still to be put. Called again with their
 * replies, it comes to the same point and goes on from there; a run that was killed anywhere does the same.
 *
 * @throws TerminalError `NothingToSynthesize`; `NoUsableReply` when not one reply could be used.
 */
export async function synthesize(order: SynthesisOrder): Promise<{ missing: Ask[] } | Synthesized> {
  try {
    return await make(order);
  } catch (error) {
    if (error instanceof Missing) return { missing: error.asks };
    throw error;
  }
}

/** A synthetic row stands beside the real ones as of a source of its own, after theirs. */
const sourceOf = (rows: readonly Row[]): number => rows.reduce((most, { source }) => Math.max(most, source), -1) + 1;

async function make(order: SynthesisOrder): Promise<Synthesized> {
  const { settings, given, world } = order;
  const asks = settings.tasks.flatMap((_task, number) => planTask(settings, number, forTask(order, number)));
  const { outcomes, candidates, aside } = await readAll(order, asks);
  const [first] = outcomes;
  if (first && outcomes.every((outcome) => 'problem' in outcome)) throw nothingUsable(aside, outcomes.length);
  const filterWorld: FilterWorld = { ...world, given: { ...given, seed: settings.seed } };
  const filtered = await runFilters(settings.filters, candidates, filterWorld, (more) => answersTo(order, more));
  const strategyOf = ({ ask }: Candidate): string => settings.tasks[ask.task]?.strategy ?? '';
  const forTraining = filtered.accepted.filter((one) => !(strategyOf(one) in APART));
  const { maxShare, rows: maxRows } = settings.limits;
  const { kept, leftOut } = limitShare(forTraining, given.rows.length, maxShare, maxRows);
  const left = new Set(leftOut);
  const apart = (kind: 'preference' | 'adversarial' | 'drafts'): Row[] =>
    filtered.accepted.filter((one) => APART[strategyOf(one)] === kind).map(({ row }) => row);
  return {
    train: kept,
    preference: apart('preference'),
    adversarial: apart('adversarial'),
    drafts: apart('drafts'),
    aside: [
      ...aside,
      ...filtered.rejected.map(rejected),
      ...leftOut.map(({ row }) => ({ filter: 'limits', reason: 'beyond the limits', row })),
    ],
    counts: countYield(outcomes, filtered, left.size),
    findings: filtered.findings,
  };
}

/** Tuning on without the rows that were ordered would only cost more, and look as if they had not helped. */
function nothingUsable(aside: readonly PutAside[], asks: number): TerminalError {
  const reasons = countReasons(aside.map(({ reason }) => reason));
  const [[reason, times] = ['', 0]] = Object.entries(reasons);
  const generators = [...new Set(aside.flatMap((one) => ('generator' in one ? [one.generator] : [])))].join(', ');
  return terminal(
    'NoUsableReply',
    `${generators} gave no usable reply to any of ${asks} asks (${times} times: ${reason}): try another model or other guidance, or take the task out of synthesize.tasks`,
    { asks, reasons },
  );
}

/** Strategies whose rows are no examples to learn from as they are. */
const APART: Readonly<Record<string, 'preference' | 'adversarial' | 'drafts'>> = {
  contrastive: 'preference',
  adversarial: 'adversarial',
  'ground-truth': 'drafts',
};

const rejected = ({ candidate, filter, reason, detail }: Rejected): PutAside => ({
  filter,
  reason,
  ...(detail === undefined ? {} : { detail }),
  row: candidate.row,
});

/** What one task is told. */
function forTask({ settings, given, grammars }: SynthesisOrder, number: number): Omit<Given, 'task' | 'seed'> {
  const grammar = grammars.get(settings.tasks[number]?.generator ?? '');
  return grammar ? { ...given, grammar } : given;
}

async function readAll(
  order: SynthesisOrder,
  asks: readonly Ask[],
): Promise<{ outcomes: Outcome[]; candidates: Candidate[]; aside: PutAside[] }> {
  const { settings, given, grammars, identities } = order;
  const source = sourceOf(given.rows);
  const inWords = asks.filter(({ generator }) => !grammars.has(generator));
  const read = await useReplies(order, inWords, (ask, text) =>
    readReply(settings, ask, text, forTask(order, ask.task), identities.get(ask.generator) ?? ''),
  );
  const byAsk = new Map(inWords.map((ask, i) => [ask, read[i] as Used<ReadReply>]));
  const outcomes: Outcome[] = [];
  const candidates: Candidate[] = [];
  const aside: PutAside[] = [];
  for (const ask of asks) {
    const { reading, isRepaired, text } = byAsk.get(ask) ?? fromGrammar(order, ask);
    if ('problem' in reading) {
      outcomes.push({ ask, problem: reading.problem });
      const { generator, task, index } = ask;
      aside.push({ generator, task, index, reason: reading.problem, excerpt: text });
      continue;
    }
    outcomes.push({ ask, rows: reading.contents.length, ...(isRepaired ? { wasRepaired: true } : {}) });
    for (const candidate of candidatesOf(ask, reading.contents, source, candidates.length + 1))
      candidates.push(candidate);
  }
  return { outcomes, candidates, aside };
}

type ReadReply = ReturnType<typeof readReply>;

/** A grammar answers at once, in values and not in words. */
function fromGrammar(order: SynthesisOrder, ask: Ask): Used<ReadReply> {
  const { settings, grammars, identities } = order;
  const value = grammarAnswer(grammars.get(ask.generator) as Grammar, ask);
  const identity = identities.get(ask.generator) ?? '';
  return {
    reading: readValue(settings, ask, { value }, forTask(order, ask.task), identity),
    isRepaired: false,
    text: '',
  };
}

/** How a reply was read, and the beginning of what it said. */
interface Used<Reading> {
  reading: Reading | { problem: string };
  isRepaired: boolean;
  text: string;
}

const EXCERPT = 2000;

/**
 * Reads the replies to asks; one that cannot be used is sent back once.
 * @throws Missing with the asks and repairs that have no reply yet.
 */
async function useReplies<Reading extends object>(
  order: SynthesisOrder,
  asks: readonly Ask[],
  read: (ask: Ask, text: string) => Reading | { problem: string },
): Promise<Used<Reading>[]> {
  const first = (await order.replies(asks)).map((reply, i) => usedOf(reply, asks[i] as Ask, read));
  const repairs = asks.flatMap((ask, i) => {
    const used = first[i];
    const isBroken = used?.whole !== undefined && 'problem' in used.reading;
    return isBroken
      ? [{ i, ask: repairAsk(ask, used.whole as string, (used.reading as { problem: string }).problem) }]
      : [];
  });
  const second = await order.replies(repairs.map(({ ask }) => ask));
  const missing = [
    ...asks.filter((_ask, i) => first[i] === undefined),
    ...repairs.flatMap(({ ask }, i) => (second[i] === undefined ? [ask] : [])),
  ];
  if (missing.length > 0) throw new Missing(missing);
  for (const [i, { i: at, ask }] of repairs.entries()) {
    const used = usedOf(second[i], ask, read);
    // A repair that never came leaves the first problem as it was.
    if (used?.whole !== undefined) first[at] = { ...used, isRepaired: !('problem' in used.reading) };
  }
  return first as Used<Reading>[];
}

function usedOf<Reading extends object>(
  reply: Reply | undefined,
  ask: Ask,
  read: (ask: Ask, text: string) => Reading | { problem: string },
): (Used<Reading> & { whole?: string }) | undefined {
  if (!reply) return undefined;
  if ('failed' in reply) return { reading: { problem: reply.failed }, isRepaired: false, text: '' };
  const { text } = reply;
  return { reading: read(ask, text), isRepaired: false, text: text.slice(0, EXCERPT), whole: text };
}

/** Answers to what filters ask; undefined where none can be used. */
async function answersTo(order: SynthesisOrder, asks: readonly Ask[]): Promise<unknown[]> {
  const used = await useReplies(order, asks, (ask, text) => checkAnswer(ask, text));
  return used.map(({ reading }) => ('value' in reading ? reading.value : undefined));
}
