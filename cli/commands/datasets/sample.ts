import { sampleData } from '../../../worker/datasets/look.ts';
import { visible } from '../../../worker/datasets/text.ts';
import { paint, print, printJson } from '../../output.ts';
import { readingOf, wholeNumber, withShelf, type ReadingFlags } from '../../shelf.ts';

interface Flags extends ReadingFlags {
  count?: string;
  seed?: string;
  only?: string;
  json: boolean;
}

export async function sample(flags: Flags, what: string): Promise<void> {
  const { base: _base, maxTokens: _maxTokens, ...reading } = readingOf(flags);
  const options = {
    ...reading,
    count: wholeNumber('count', flags.count, 100_000) ?? 5,
    seed: wholeNumber('seed', flags.seed, 4_294_967_295) ?? 0,
    only: flags.only,
  };
  const { name, rows } = await withShelf((shelf) => sampleData(what, shelf, options));
  if (flags.json) return printJson({ name, rows });
  for (const { id, source, line, label, messages, chosen, rejected, document, origin } of rows) {
    const from = origin ? `synthetic, ${origin.strategy}` : `line ${line}${source > 0 ? ` of file ${source + 1}` : ''}`;
    print(paint('bold', `${id}  ${from}${label === undefined ? '' : `  ${visible(label)}`}`));
    const sides = [
      ...messages.map((message) => [message.role, message] as const),
      ...(chosen ?? []).map((message) => ['chosen', message] as const),
      ...(rejected ?? []).map((message) => ['rejected', message] as const),
    ];
    for (const [who, { content, tool_calls }] of sides) {
      const text = typeof content === 'string' ? content : content === null ? '' : JSON.stringify(content);
      print(
        `  ${paint('dim', `${who}:`)} ${visible(text)}${tool_calls ? ` ${visible(JSON.stringify(tool_calls))}` : ''}`,
      );
    }
    if (document) print(`  ${visible(document.text)}`);
    print('');
  }
}
