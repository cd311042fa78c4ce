import { terminal } from '../../../configs/failure.ts';
import { nearest } from '../../../configs/nearest.ts';
import type { TaskSettings } from '../../../configs/synthesis-tasks.ts';
import { columnsOf } from '../../../configs/template.ts';
import type { Content } from '../../row.ts';
import { grammarSeed, type Grammar, type GrammarRow } from '../grammar.ts';
import { portions } from '../seeds.ts';
import { fromColumns, objectOf, rowsOf, unfit } from '../shape.ts';
import type { Ask, Given, Strategy } from '../strategy.ts';
import { apportion } from '../allocate.ts';
import { allOrReason } from './rewriting.ts';

/** Rows an ask: large enough that asks weigh nothing, small enough for a reply to be kept. */
const ROWS_PER_ASK = 1000;

/** What a grammar is "asked": its rows are made here, by {@link grammarAnswer}. */
export const grammar: Strategy<TaskSettings<'grammar'>> = {
  name: 'grammar',
  plan(settings, given) {
    const source = grammarOf(given);
    const needed = given.template ? columnsOf(given.template) : ['prompt', 'answer'];
    const absent = needed.filter((column) => !source.columns.includes(column));
    if (absent.length > 0)
      throw refuse(
        given,
        `needs the column(s) ${absent.join(', ')}, which ${given.template ? 'data.template names' : 'rows without a template are made of'}; the grammar makes ${source.columns.join(', ')}: add them to its rows`,
      );
    const labels = labelsOf(settings.labels, source, given);
    const counts = apportion(
      settings.count,
      labels.map(() => 1),
    );
    return labels
      .flatMap((label, i) => {
        const count = counts[i] as number;
        const most = source.countDistinct(label);
        if (count > most) {
          const whose = label === undefined ? '' : ` of the class ${JSON.stringify(label)}`;
          const text = `asks for ${count} rows${whose}, and the grammar can make at most ${most} different ones: add alternatives or lower count`;
          throw refuse(given, text, { count, most });
        }
        return portions(count, ROWS_PER_ASK).map((rows) => ({ label, rows }));
      })
      .map(({ label, rows }, index): Ask => {
        const task = given.task ?? 0;
        return {
          generator: settings.generator,
          task,
          index,
          messages: [],
          schema: ROWS,
          seed: grammarSeed(given.seed, task, index),
          parents: [],
          ...(label === undefined ? {} : { label }),
          rows,
        };
      });
  },
  read(ask, answer, _settings, given) {
    return allOrReason((answer as { rows: GrammarRow[] }).rows.map((row) => contentOf(row, ask, given)));
  },
};

const ROWS = rowsOf(
  {
    ...objectOf({ columns: { type: 'object', additionalProperties: { type: 'string' } }, label: { type: 'string' } }),
    required: ['columns'],
  },
  ROWS_PER_ASK,
);

/** The answer of a grammar to an ask: an object that fits the ask's schema. */
export function grammarAnswer(source: Grammar, ask: Ask): { rows: GrammarRow[] } {
  return { rows: source.rows(ask.seed, ask.rows ?? 1, ask.label) };
}

function contentOf({ label, columns }: GrammarRow, ask: Ask, given: Given): Content | string {
  if (given.template) {
    const content = fromColumns(columns, { label: label ?? ask.label }, given);
    // A section says its class itself; the column of the class only where no section does.
    return typeof content === 'string' || label === undefined ? content : { ...content, label };
  }
  const { system, prompt = '', answer = '' } = columns;
  if (prompt.trim() === '' || answer.trim() === '') return 'prompt or answer is blank';
  return (
    unfit([prompt, answer]) ?? {
      messages: [
        ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
        { role: 'user', content: prompt },
        { role: 'assistant', content: answer },
      ],
      ...(label === undefined ? {} : { label }),
    }
  );
}

function grammarOf(given: Given): Grammar {
  if (given.grammar) return given.grammar;
  throw new Error('the grammar of the generator was not read before its task was planned');
}

function labelsOf(
  labels: readonly string[] | undefined,
  source: Grammar,
  given: Given,
): readonly (string | undefined)[] {
  if (!labels) return [undefined];
  for (const label of labels) {
    if (source.labels.includes(label)) continue;
    const near = nearest(label, source.labels);
    const hint = near ? `did you mean ${JSON.stringify(near)}?` : `it has ${source.labels.join(', ') || 'none'}`;
    throw refuse(given, `asks for the class ${JSON.stringify(label)}, for which the grammar has no rows: ${hint}`);
  }
  return labels;
}

const refuse = (given: Given, text: string, details: Record<string, unknown> = {}): Error =>
  terminal('NothingToSynthesize', `synthesize.tasks.${given.task ?? 0} (grammar) ${text}`, {
    task: given.task ?? 0,
    ...details,
  });
