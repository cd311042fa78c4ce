import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, terminal } from '../../configs/failure.ts';

const Paths = z.union([z.string().transform((path) => [path]), z.array(z.string())]);
const Split = z.object({ split: z.string().default('train'), path: Paths });
const DataFiles = z.union([
  z.string().transform((path) => [{ split: 'train', path: [path] }]),
  z.array(z.string()).transform((path) => [{ split: 'train', path }]),
  z.array(Split),
  z.record(z.string(), Paths).transform((splits) => Object.entries(splits).map(([split, path]) => ({ split, path }))),
]);
const Card = z.object({
  configs: z
    .array(z.object({ config_name: z.string().default('default'), data_files: DataFiles.optional() }))
    .default([]),
});

/**
 * The splits that the head of a dataset's README.md lists under `configs`; none if it lists none. Those of the
 * default configuration have their own name, those of another one `config/split`.
 * @throws TerminalError `BadData` for a head that cannot be read.
 */
export function cardSplits(readme: string, file: string): { split: string; patterns: string[] }[] {
  const head = /^\ufeff?---\r?\n(.*?)\r?\n---/s.exec(readme)?.[1];
  if (head === undefined) return [];
  let value: unknown;
  try {
    value = parse(head, { maxAliasCount: 100, logLevel: 'error' });
  } catch (error) {
    throw terminal('BadData', `the head of ${file} is not valid YAML: ${messageOf(error)}`, { file }, error);
  }
  const card = Card.safeParse(value ?? {});
  if (!card.success) {
    const message = `configs in the head of ${file} cannot be read: ${z.prettifyError(card.error)}`;
    throw terminal('BadData', message, { file });
  }
  const { configs } = card.data;
  const withFiles = configs.filter((config) => config.data_files !== undefined);
  return withFiles.flatMap(({ config_name, data_files = [] }) =>
    data_files.map(({ split, path }) => ({
      split: withFiles.length === 1 || config_name === 'default' ? split : `${config_name}/${split}`,
      patterns: path,
    })),
  );
}
