import type { Content } from './row.ts';

/**
 * Columns as a row that can be looked at, though no template says how to learn from it: all columns but the class
 * are what is asked, the class is the answer.
 */
export function looseContent(value: Record<string, unknown>, label: string | undefined): Content {
  const lines: string[] = [];
  for (const [name, cell] of Object.entries(value).slice(0, 1000)) {
    if (name !== label) lines.push(`${name}: ${spell(cell)}`);
  }
  const answer = label === undefined ? undefined : value[label];
  const hasAnswer = typeof answer === 'string' || typeof answer === 'number' || typeof answer === 'boolean';
  return {
    messages: [
      { role: 'user', content: lines.join('\n') },
      ...(hasAnswer ? [{ role: 'assistant' as const, content: String(answer) }] : []),
    ],
    ...(hasAnswer ? { label: String(answer) } : {}),
    columns: value,
  };
}

const spell = (cell: unknown): string => (typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? ''));

/** Most different values a column of classes has. */
const MAX_CLASSES = 100;

/**
 * The column that most likely holds the class of a row: text with few different values, each of them often.
 * Undefined when none looks like it.
 */
export function guessLabel(values: readonly Record<string, unknown>[]): string | undefined {
  const [first] = values;
  if (!first || values.length < 10) return undefined;
  const likely = Object.keys(first)
    .slice(0, 200)
    .filter((name) => {
      const different = new Set(values.map((value) => value[name]));
      const isText = values.every((value) => typeof value[name] === 'string' && value[name].length <= 64);
      return isText && different.size >= 2 && different.size <= Math.min(MAX_CLASSES, values.length / 5);
    });
  return (
    likely.find((name) => /label|class|category|section|queue|intent|topic|target|answer/i.test(name)) ?? likely.at(-1)
  );
}
