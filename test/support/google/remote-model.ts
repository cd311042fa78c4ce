import { writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REMOTE_FILE, type RemoteModel } from '../../../configs/remote-model.ts';

/** A folder that names a model at a vendor. */
export async function remoteFolder(folder: string, model: RemoteModel): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, REMOTE_FILE), JSON.stringify(model));
  return folder;
}

/** A file of prompts as they are asked, and their ids. */
export function promptFile(path: string, questions: readonly string[]): { path: string; ids: string[] } {
  const ids = questions.map((_, i) => `row-${i}`);
  const lines = questions.map((content, i) => JSON.stringify({ id: ids[i], messages: [{ role: 'user', content }] }));
  writeFileSync(path, `${lines.join('\n')}\n`);
  return { path, ids };
}
