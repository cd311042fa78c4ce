import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Call } from '../http-server.ts';
import { listOf } from './jobs.ts';
import { ApiError, type OpenAiState, type StoredFile } from './state.ts';

const MOST_BYTES = 512 << 20;

/** Takes a file that comes as a form. */
export async function putFile(state: OpenAiState, call: Call): Promise<StoredFile> {
  const type = call.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) throw new ApiError(400, "'file' is a required property");
  const form = await new Response(new Uint8Array(call.body), { headers: { 'content-type': type } }).formData();
  const file = form.get('file');
  const purpose = form.get('purpose');
  if (!(file instanceof File)) throw new ApiError(400, "'file' is a required property", { param: 'file' });
  if (typeof purpose !== 'string') throw new ApiError(400, "'purpose' is a required property", { param: 'purpose' });
  if (purpose === 'fine-tune' && !file.name.endsWith('.jsonl'))
    throw new ApiError(400, `Invalid file format for Fine-Tuning API. Must be .jsonl`, { param: 'file' });
  if (file.size > MOST_BYTES) throw new ApiError(413, 'File exceeds the maximum size of 512 MB.', { param: 'file' });
  const stored: StoredFile = {
    id: `file-${randomBytes(12).toString('hex')}`,
    object: 'file',
    bytes: file.size,
    created_at: Math.floor(Date.now() / 1000),
    filename: file.name,
    purpose,
    status: 'processed',
  };
  writeFileSync(state.path(stored.id), Buffer.from(await file.arrayBuffer()));
  state.journal.put('files', stored.id, stored);
  return stored;
}

/** Files, the newest first; `purpose` narrows them. */
export function listFiles(state: OpenAiState, query: URLSearchParams): object {
  const purpose = query.get('purpose');
  const files = state.journal.all<StoredFile>('files').map(([, file]) => file);
  return listOf(files.filter((file) => !purpose || file.purpose === purpose).toReversed(), query);
}

/** One file. */
export function getFile(state: OpenAiState, id: string): StoredFile {
  const file = state.journal.get<StoredFile>('files', id);
  if (!file) throw new ApiError(404, `No such File object: ${id}`, { param: 'id' });
  return file;
}

/** Its bytes. */
export function contentOfFile(state: OpenAiState, id: string): Buffer {
  return readFileSync(state.path(getFile(state, id).id));
}

/** Takes it away. */
export function deleteFile(state: OpenAiState, id: string): object {
  state.removeFile(getFile(state, id).id);
  return { id, object: 'file', deleted: true };
}
