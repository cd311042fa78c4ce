import { columnsOf } from '../../configs/template.ts';
import { render } from '../template.ts';
import { answerOf, promptOf, type Content, type Row } from '../row.ts';
import { hasColumns, lastUser, objectOf, unfit } from './shape.ts';
import type { Given } from './strategy.ts';

/** Putting a row's prompt into other words while its answer stays. */
export interface Rewrite {
  item: Record<string, unknown>;
  /** What is to be put into other words, as JSON text. */
  shown: string;
  content(item: Record<string, unknown>): Content | string;
}

/** How the prompt of a row is asked for: by the columns that make it, as far as the answer does not need them. */
export function rewriteOf(row: Row, given: Given): Rewrite {
  const { template } = given;
  const all = template ? columnsOf(template) : [];
  const fixed = template ? columnsOf({ prompt: '', completion: template.completion }) : [];
  const free = template
    ? columnsOf({ prompt: template.prompt, completion: '' }).filter(
        (name) => !fixed.includes(name) && name !== given.labelColumn,
      )
    : [];
  if (!template || free.length === 0 || !hasColumns(row, all)) return ofMessages(row);
  const old = row.columns as Record<string, unknown>;
  return {
    item: objectOf(Object.fromEntries(free.map((name) => [name, { type: 'string', minLength: 1 }]))),
    shown: JSON.stringify(Object.fromEntries(free.map((name) => [name, old[name]]))),
    content(item) {
      const names =
        given.labelColumn !== undefined && Object.hasOwn(old, given.labelColumn) ? [...all, given.labelColumn] : all;
      const kept = Object.fromEntries(names.map((name) => [name, free.includes(name) ? item[name] : old[name]]));
      const prompt = render(template.prompt, kept);
      const problem = problemOf(
        free.map((name) => String(item[name])),
        prompt,
        lastUser(promptOf(row)),
      );
      if (problem !== undefined) return problem;
      return {
        messages: [
          ...(template.system === undefined
            ? []
            : [{ role: 'system' as const, content: render(template.system, kept) }]),
          { role: 'user', content: prompt },
          { role: 'assistant', content: render(template.completion, kept) },
        ],
        ...(row.label === undefined ? {} : { label: row.label }),
        columns: kept,
      };
    },
  };
}

function ofMessages(row: Row): Rewrite {
  const asked = promptOf(row);
  const last = asked.findLastIndex(({ role }) => role === 'user');
  return {
    item: objectOf({ prompt: { type: 'string', minLength: 1 } }),
    shown: JSON.stringify({ prompt: lastUser(asked) }),
    content({ prompt }) {
      const text = String(prompt).trim();
      const problem = problemOf([text], text, lastUser(asked));
      if (problem !== undefined) return problem;
      return {
        messages: [
          ...asked.map((message, i) => (i === last ? { ...message, content: text } : message)),
          { role: 'assistant', content: answerOf(row) },
        ],
        ...(row.tools ? { tools: row.tools } : {}),
        ...(row.label === undefined ? {} : { label: row.label }),
      };
    },
  };
}

/** Saying the same again is no problem of a reply: the filter for repeats counts it. */
function problemOf(texts: readonly string[], prompt: string, before: string): string | undefined {
  if (texts.some((text) => text.trim() === '') || prompt.trim() === '') return 'a text is blank';
  // A reply that runs off is worth a second try, not a row.
  if (prompt.length > 2000 + 20 * before.length)
    return 'a text is many times as long as the one to be put in other words';
  return unfit(texts);
}
