import type { TaskSettings } from '../../../configs/synthesis-tasks.ts';
import { canonicalText, type Row } from '../../row.ts';
import { messagesOf } from '../prompt.ts';
import { randomFrom, seedOf, shuffled } from '../random.ts';
import { portions, rowById, seedsOf } from '../seeds.ts';
import { itemsIn, rowsOf, shapeOf } from '../shape.ts';
import type { Ask, Given, Strategy } from '../strategy.ts';
import { creatingAsk } from './creating.ts';
import { allOrReason } from './rewriting.ts';

/**
 * Questions and answers for evaluation, out of grounding documents or, where there are none, real rows. With a
 * document each has to quote the words it rests on, and the quote has to be there. Nobody has confirmed them.
 */
export const groundTruth: Strategy<TaskSettings<'ground-truth'>> = {
  name: 'ground-truth',
  plan(settings, given) {
    const documents = (given.documents ?? []).filter(({ document }) => (document?.text.trim() ?? '') !== '');
    const sources = documents.length > 0 ? documents : seedsOf(given, settings.strategy, undefined);
    const order = shuffled(sources, seedOf(given.seed, given.task ?? 0, settings.strategy));
    return portions(settings.count, settings.perAsk).map((rows, index) => {
      const source = order[index % order.length] as Row;
      if (source.document) return documentAsk(settings, given, source, index, rows);
      return creatingAsk(settings, given, {
        index,
        rows,
        examples: [source],
        task: `Write ${rows} new test case(s) of the kind of the example, with other content: a request whose right answer can be told beyond doubt from the request alone, and that answer in the form of the example.`,
      });
    });
  },
  read(ask, answer, _settings, given) {
    const source = rowById(given, ask.parents[0]);
    if (!source) return 'what it was made from is not among the documents or rows';
    const shape = shapeOf(given);
    const text = source.document ? fold(source.document.text) : undefined;
    return allOrReason(
      itemsIn(answer).map(({ quote, ...item }) => {
        if (text !== undefined && (fold(String(quote)) === '' || !text.includes(fold(String(quote)))))
          return 'the quote that the answer rests on is not in the document';
        const content = shape.content(item, ask, source.document ? undefined : source);
        return typeof content === 'string' || text === undefined
          ? content
          : { ...content, columns: { ...content.columns, quote: String(quote) } };
      }),
    );
  },
};

function documentAsk(
  { generator, guidance, maxCharacters }: TaskSettings<'ground-truth'>,
  given: Given,
  row: Row,
  index: number,
  rows: number,
): Ask {
  const task = given.task ?? 0;
  const seed = seedOf(given.seed, task, index);
  const item = shapeOf(given).item(undefined) as { properties: Record<string, unknown>; required: string[] };
  // The quote first: what is found before the answer is written bears on it.
  const quoted = {
    ...item,
    properties: { quote: { type: 'string', minLength: 1 }, ...item.properties },
    required: ['quote', ...item.required],
  };
  const schema = rowsOf(quoted, rows);
  const text = pieceOf(row.document?.text ?? '', maxCharacters, seed);
  const messages = messagesOf({
    task: `Write ${rows} question(s) that the document answers, as somebody would ask who has not read it, each with its answer. First copy into "quote", letter by letter, the words of the document that the answer rests on. Use nothing that the document does not say.`,
    guidance,
    data: [
      ...(row.document?.title ? [{ title: 'Title', text: row.document.title }] : []),
      { title: 'Document', text, most: maxCharacters },
    ],
    schema,
    seed,
  });
  return { generator, task, index, messages, schema, seed, parents: [row.id], rows };
}

/** A piece of a long text that begins after a blank line or line break, where there is one. */
function pieceOf(text: string, most: number, seed: number): string {
  if (text.length <= most) return text;
  const from = Math.floor(randomFrom(seed)() * (text.length - most));
  const line = text.lastIndexOf('\n', from) + 1;
  return text.slice(from - line < most / 2 ? line : from).slice(0, most);
}

const fold = (text: string): string => canonicalText(text).toLowerCase();
