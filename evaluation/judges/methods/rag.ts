import { z } from 'zod';
import type { RagJudge, RagMeasure } from '../../../configs/judges.ts';
import type { Shown } from '../fence.ts';
import { formOf } from '../reply.ts';
import { contextsOf, questionOf } from '../texts.ts';
import { eachSide, type AskJudge, type JudgedRow, type Method, type Said } from './method.ts';

/** What is asked for each measure; the definitions are those of Ragas where docs/judges.md says nothing else. */
const TASKS = {
  statements:
    'Take the text below apart into statements: short sentences, each of which says one thing and can be understood by itself, with names in place of pronouns. Together they say all that the text says, and nothing else. Leave out none, also when it is false. A text that states nothing (a question, a greeting, a refusal) has an empty list.',
  faithfulness:
    'Check the numbered statements below against the contexts. Give one verdict for each statement, in their order: first the reason, then whether it follows from the contexts alone. What you know beyond them does not count.',
  contextRecall:
    'The numbered statements below are taken from a reference answer. Give one verdict for each, in their order: first the reason, then whether the contexts say it.',
  contextPrecision:
    'Check the contexts below. Give one verdict for each, in their order: first the reason, then whether it helps to arrive at the reference answer to the question.',
  answerRelevancy:
    'How much of the answer below is to the question? First write your reason, then the grade from 0 to 1: 1 when it answers the question and all of it does; less for every part that is missing, repeated or about something else; 0 when it is about something else or does not commit itself ("I do not know").',
} as const;

/** More statements than this are not checked in one question. */
const MOST_STATEMENTS = 300;
const STATEMENTS = formOf(z.strictObject({ statements: z.array(z.string().min(1).max(2000)).max(MOST_STATEMENTS) }));
const GRADE = formOf(z.strictObject({ reason: z.string().min(1), grade: z.number().min(0).max(1) }));

/** Exactly `count` verdicts: what was submitted is the denominator, and a judge that leaves one out has not replied. */
const verdictsForm = (count: number) =>
  formOf(
    z.strictObject({
      verdicts: z.array(z.strictObject({ reason: z.string().min(1), holds: z.boolean() })).length(count),
    }),
  );
/** One for each count that occurs: making one costs more than using it. */
const forms = new Map<number, ReturnType<typeof verdictsForm>>();

function verdictsFor(count: number): ReturnType<typeof verdictsForm> {
  const form = forms.get(count) ?? verdictsForm(count);
  forms.set(count, form);
  return form;
}

/** Measures of answers that were made from retrieved texts. */
export const rag: Method<RagJudge> = {
  words: ({ measure, contexts }) => ({
    measure,
    contexts,
    tasks:
      measure === 'faithfulness' || measure === 'contextRecall' ? [TASKS.statements, TASKS[measure]] : [TASKS[measure]],
  }),
  judge: ({ measure, contexts }, judged, ask) => MEASURES[measure](judged, contexts, ask),
};

type Measure = (judged: JudgedRow, column: string, ask: AskJudge) => ReturnType<Method<RagJudge>['judge']>;

const MEASURES: Record<RagMeasure, Measure> = {
  /** Supported statements of the answer / its statements; not measured when it states nothing. */
  faithfulness: (judged, column, ask) => {
    const contexts = contextsOf(judged.row, column);
    return eachSide(judged, (text) =>
      Array.isArray(contexts)
        ? shareOf(ask, { task: TASKS.faithfulness, text: { title: 'The answer', text }, contexts })
        : contexts,
    );
  },
  /**
   * The judge's own grade. Ragas has questions written for the answer and compares their embeddings with the real one;
   * without a model of embeddings the judge is asked directly, so that the numbers of the two cannot be compared.
   */
  answerRelevancy: (judged, _column, ask) =>
    eachSide(judged, (text) => {
      const shown = [questionOf(judged.row), { title: 'The answer', text }];
      const said = ask({ task: TASKS.answerRelevancy, shown, form: GRADE });
      return said && 'value' in said ? { value: said.value.grade } : said;
    }),
  /** Σ precision@k · useful(k) / Σ useful; the same for both models, since neither retrieved. */
  contextPrecision: ({ row }, column, ask) =>
    bothAlike(row, column, (contexts) => {
      const reference = { title: 'The reference answer', text: row.reference };
      const shown = [questionOf(row), reference, ...contexts];
      const said = ask({ task: TASKS.contextPrecision, shown, form: verdictsFor(contexts.length) });
      return said && 'value' in said
        ? { value: averagePrecision(said.value.verdicts.map(({ holds }) => holds)) }
        : said;
    }),
  /** Statements of the reference that the contexts hold / its statements; the same for both models. */
  contextRecall: ({ row }, column, ask) =>
    bothAlike(row, column, (contexts) => {
      const text = { title: 'The reference answer', text: row.reference };
      return shareOf(ask, { task: TASKS.contextRecall, text, contexts });
    }),
};

/** Share of the statements in a text that hold, in two questions: which they are, then each. */
function shareOf(
  ask: AskJudge,
  { task, text, contexts }: { task: string; text: Shown; contexts: readonly Shown[] },
): Said<number> | undefined {
  if (text.text.trim() === '') return { why: 'there is no text to take statements from' };
  const taken = ask({ task: TASKS.statements, shown: [text], form: STATEMENTS });
  if (!taken || 'why' in taken) return taken;
  const { statements } = taken.value;
  if (statements.length === 0) return { why: 'the text makes no statement' };
  // Nothing is cut here: a statement that is not shown cannot be judged.
  const list = statements.map((statement, i) => `${i + 1}. ${statement.replaceAll(/\s+/g, ' ')}`).join('\n');
  const shown = [...contexts, { title: 'The statements', text: list, most: list.length }];
  const said = ask({ task, shown, form: verdictsFor(statements.length) });
  if (!said || 'why' in said) return said;
  return { value: said.value.verdicts.filter(({ holds }) => holds).length / statements.length };
}

/** What depends on the contexts and the reference alone; contexts that are empty hold nothing. */
function bothAlike(
  row: JudgedRow['row'],
  column: string,
  score: (contexts: readonly Shown[]) => Said<number> | undefined,
): ReturnType<Measure> {
  const contexts = contextsOf(row, column);
  const said = !Array.isArray(contexts)
    ? contexts
    : row.reference.trim() === ''
      ? { why: 'the row names no reference' }
      : contexts.length === 0
        ? { value: 0 }
        : score(contexts);
  return said && { candidate: said, champion: said };
}

/** Mean over the useful ones of the share of useful ones up to there; 0 when none is (Ragas adds 1e-10 below instead). */
export function averagePrecision(useful: readonly boolean[]): number {
  let found = 0;
  let total = 0;
  for (const [i, isUseful] of useful.entries()) {
    if (!isUseful) continue;
    found += 1;
    total += found / (i + 1);
  }
  return found === 0 ? 0 : total / found;
}
