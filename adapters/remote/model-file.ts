import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../../artifacts/files.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { messageOf, terminal } from '../../configs/failure.ts';
import { REMOTE_FILE, RemoteModel } from '../../configs/remote-model.ts';

/** Writes the file that names a model at a vendor into a folder; the same model gives the same bytes. */
export async function writeRemoteModel(folder: string, model: RemoteModel): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeAtomic(join(folder, REMOTE_FILE), canonicalJson(RemoteModel.parse(model)));
}

/**
 * Which model at a vendor a folder, or the file itself, names.
 *
 * @throws TerminalError `BadModel` when it names none.
 */
export async function remoteModelAt(path: string): Promise<RemoteModel> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const file = isFolder ? join(path, REMOTE_FILE) : path;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw terminal('BadModel', `${file} names no model at a vendor (${messageOf(error)}): tune it again`, {}, error);
  }
  const parsed = RemoteModel.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const why = `${issue?.path.join('.') || 'the whole file'}: ${issue?.message ?? 'not as expected'}`;
  throw terminal('BadModel', `${file} names no model at a vendor (${why}): tune it again`);
}
