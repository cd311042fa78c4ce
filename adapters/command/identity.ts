import { stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { digestFile, listFiles } from '../../artifacts/files.ts';
import { digestOf } from '../../artifacts/canonical.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import type { CommandName, CommandTuning } from '../../configs/tune-command.ts';

/** Commands that a result depends on; how a job is asked after and stopped changes nothing of what it makes. */
const COUNT: CommandName[] = ['run', 'submit', 'collect'];
/** A folder of more files than this counts by its name alone. */
const MOST_FILES = 1000;

/**
 * What a result depends on: the words of the commands, what is in the files that they name by path, and the version
 * that the recipe gives. Where the files lie does not count, so that a recipe can be moved.
 */
export async function commandIdentity(settings: CommandTuning): Promise<Record<string, string>> {
  const commands = COUNT.flatMap((name) => {
    const words = settings[name];
    return words ? [[name, words] as const] : [];
  });
  const described = await Promise.all(
    commands.map(
      async ([name, words]) => [name, digestOf(canonicalJson(await Promise.all(words.map(wordOf))))] as const,
    ),
  );
  return {
    tuner: 'command',
    ...Object.fromEntries(described),
    ...(settings.version === undefined ? {} : { version: settings.version }),
  };
}

/** A path stands for its name and what is in it. */
async function wordOf(word: string): Promise<string> {
  if (!isAbsolute(word)) return word;
  const found = await stat(word).catch(() => undefined);
  if (!found) return word;
  if (found.isFile()) return `${basename(word)} ${await digestFile(word)}`;
  if (!found.isDirectory()) return word;
  const names = await listFiles(word);
  if (names.length > MOST_FILES) return basename(word);
  const files = await Promise.all(names.map(async (name) => `${name} ${await digestFile(join(word, name))}`));
  return `${basename(word)} ${digestOf(files.join('\n'))}`;
}
