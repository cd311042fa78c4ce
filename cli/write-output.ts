import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../configs/failure.ts';
import { UsageError } from './command.ts';

/**
 * Writes the file that an option of the command line names, with the folders before it; answers with its whole path.
 *
 * @throws UsageError when it cannot be written.
 */
export async function writeOutput(option: string, name: string, text: string): Promise<string> {
  const file = resolve(name);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new UsageError(`${option}: ${file} cannot be written (${messageOf(error)}): name another file`);
  }
  return file;
}
