import type { Message, Row } from '../row.ts';
import { createLabels } from './labels.ts';
import type { LabelStatistics } from './labels.ts';
import { createLengths } from './lengths.ts';
import type { Lengths } from './lengths.ts';
import { createTally } from './tally.ts';
import type { Count } from './tally.ts';

export const ROW_KINDS = ['conversation', 'preference', 'document', 'feedback', 'prompt'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/** What a set of rows holds. JSON as it stands. */
export interface DatasetStatistics {
  rows: number;
  kinds: Record<RowKind, number>;
  /** Messages by role; `rows` counts messages here. */
  roles: Count[];
  /** User messages a row. */
  turns: Lengths | null;
  labels: LabelStatistics;
  /** Characters of all that is asked. */
  prompt: Lengths | null;
  /** Characters of the answer; of a preference pair the better one. */
  answer: Lengths | null;
  /** Characters of grounding documents. */
  document: Lengths | null;
  tools: {
    /** Rows that offer tools. */
    offered: number;
    /** Rows in which one is called. */
    called: number;
    /** Calls by tool; `rows` counts calls here. */
    names: Count[];
  };
  weights: {
    /** Rows with a weight of their own, and what those weights are. */
    rows: number;
    min: number | null;
    max: number | null;
    mean: number | null;
    /** Answers that are shown but not learned from. */
    unlearned: number;
  };
  synthetic: {
    rows: number;
    share: number;
    /** Confirmed by a person. */
    confirmed: number;
    strategies: Count[];
    generators: Count[];
  };
  /** Rows by number of the source. */
  sources: { source: number; rows: number }[];
}

/** What a row is, by its shape. */
export function kindOf({ chosen, document, feedback, messages }: Row): RowKind {
  if (chosen !== undefined) return 'preference';
  if (document !== undefined) return 'document';
  if (feedback !== undefined) return 'feedback';
  return messages.at(-1)?.role === 'assistant' ? 'conversation' : 'prompt';
}

/** Collects statistics row by row, in constant memory. */
export function createStatistics({ listed = 20 }: { /** Names in a list, default 20. */ listed?: number } = {}): {
  add(row: Row): void;
  result(): DatasetStatistics;
  /** Rows a class, of every class held. */
  labelCounts(): Map<string, number>;
} {
  let rows = 0;
  const kinds = Object.fromEntries(ROW_KINDS.map((kind) => [kind, 0])) as Record<RowKind, number>;
  const roles = createTally(50);
  const labels = createLabels();
  const turns = createLengths();
  const prompt = createLengths();
  const answer = createLengths();
  const document = createLengths();
  const toolNames = createTally(1000);
  let offered = 0;
  let called = 0;
  const weights = { rows: 0, min: Infinity, max: -Infinity, mean: 0, unlearned: 0 };
  const strategies = createTally(100);
  const generators = createTally(100);
  let confirmed = 0;
  const sources = new Map<number, number>();

  /** Counts messages; true: one of them calls a tool. */
  const seeMessages = (messages: readonly Message[]): boolean => {
    let calls = false;
    for (const { role, weight, tool_calls } of messages) {
      roles.add(role);
      if (weight === 0) weights.unlearned += 1;
      for (const call of tool_calls ?? []) {
        calls = true;
        toolNames.add(call.function.name);
      }
    }
    return calls;
  };

  return {
    add(row) {
      rows += 1;
      kinds[kindOf(row)] += 1;
      sources.set(row.source, (sources.get(row.source) ?? 0) + 1);
      labels.add(row);
      const calls = seeMessages(row.messages);
      if ((row.chosen !== undefined && seeMessages(row.chosen)) || calls) called += 1;
      if (row.rejected) seeMessages(row.rejected);
      if (row.tools?.length) offered += 1;

      const last = row.chosen?.at(-1) ?? row.messages.at(-1);
      const isAnswered = last?.role === 'assistant';
      if (isAnswered) answer.add(charactersOf(last));
      if (row.messages.length > 0) {
        const asked = row.chosen === undefined && isAnswered ? row.messages.length - 1 : row.messages.length;
        let characters = 0;
        let users = 0;
        for (let at = 0; at < row.messages.length; at += 1) {
          const message = row.messages[at]!;
          if (at < asked) characters += charactersOf(message);
          if (message.role === 'user') users += 1;
        }
        prompt.add(characters);
        turns.add(users);
      }
      if (row.document) document.add(row.document.text.length);

      if (row.weight !== undefined && Number.isFinite(row.weight)) {
        weights.rows += 1;
        // No sum, since that could leave the range of numbers.
        weights.mean = weights.mean * ((weights.rows - 1) / weights.rows) + row.weight / weights.rows;
        weights.min = Math.min(weights.min, row.weight);
        weights.max = Math.max(weights.max, row.weight);
      }
      if (row.origin) {
        strategies.add(row.origin.strategy);
        generators.add(row.origin.generator);
        if (row.origin.confirmedBy !== undefined) confirmed += 1;
      }
    },
    labelCounts: labels.counts,
    result: () => ({
      rows,
      kinds: { ...kinds },
      roles: roles.top(listed),
      turns: turns.result(),
      labels: labels.result(),
      prompt: prompt.result(),
      answer: answer.result(),
      document: document.result(),
      tools: { offered, called, names: toolNames.top(listed) },
      weights: {
        rows: weights.rows,
        // JSON knows no −0.
        min: weights.rows ? weights.min + 0 : null,
        max: weights.rows ? weights.max + 0 : null,
        mean: weights.rows ? weights.mean + 0 : null,
        unlearned: weights.unlearned,
      },
      synthetic: {
        rows: strategies.total(),
        share: rows ? strategies.total() / rows : 0,
        confirmed,
        strategies: strategies.top(listed),
        generators: generators.top(listed),
      },
      sources: [...sources].map(([source, rows]) => ({ source, rows })).toSorted((a, b) => a.source - b.source),
    }),
  };
}

/** Characters of a message's text, without joining its parts. */
function charactersOf({ content }: Message): number {
  if (content === null) return 0;
  if (typeof content === 'string') return content.length;
  let characters = 0;
  for (const part of content) if (part.type === 'text') characters += part.text.length;
  return characters;
}
