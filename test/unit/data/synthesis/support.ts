import { identify, type Content, type Row } from '../../../../data/row.ts';
import type { FilterWorld } from '../../../../data/synthesis/filter.ts';
import { countLabels } from '../../../../data/synthesis/report.ts';
import type { Ask, Given } from '../../../../data/synthesis/strategy.ts';

export const template = { prompt: '{{message}}', completion: '{{queue}}' };

/** A row of a template with columns message and queue. */
export function triage(message: string, queue: string, line: number): Row {
  const content: Content = {
    messages: [
      { role: 'user', content: message },
      { role: 'assistant', content: queue },
    ],
    label: queue,
    columns: { message, queue },
  };
  return identify(content, 0, line);
}

/** A row that came as a conversation. */
export function chat(asked: string, answer: string, line: number, system?: string): Row {
  const content: Content = {
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: asked },
      { role: 'assistant', content: answer },
    ],
  };
  return identify(content, 0, line);
}

/** Rows of three classes: 12, 6 and 2. */
export const triageRows: Row[] = [
  ...Array.from({ length: 12 }, (_, i) => triage(`where is my parcel number ${i}`, 'delivery', i + 1)),
  ...Array.from({ length: 6 }, (_, i) => triage(`the invoice of month ${i} is wrong`, 'billing', i + 20)),
  ...Array.from({ length: 2 }, (_, i) => triage(`please close my account ${i}`, 'account', i + 30)),
];

export function givenOf(rows: readonly Row[], more: Partial<Given> = {}): Given {
  return { rows, labels: countLabels(rows), failures: new Map(), seed: 1, ...more };
}

export const triageGiven = givenOf(triageRows, { template });

export function worldOf(given: Given, more: Partial<FilterWorld> = {}): FilterWorld {
  return {
    evalSets: [],
    countTokens: () => 1,
    maxTokens: 512,
    seed: given.seed,
    warn: () => undefined,
    given,
    ...more,
  };
}

/** A candidate as if an ask had been answered with it. */
export function candidate(row: Row, label?: string): { row: Row; ask: Ask } {
  const ask = { generator: 'g', task: 0, index: 0, messages: [], schema: {}, seed: 1, parents: [], label };
  const origin = { strategy: 's', generator: 'g', settings: '0', seed: 1, prompt: '0', parents: [] };
  return { row: { ...row, origin }, ask };
}
