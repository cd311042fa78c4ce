import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpenAI, toStreamingFile } from 'openai';
import { expect, test } from 'vitest';
import { transport } from '../../../../adapters/openai/transport.ts';
import { emptyFolder } from '../../support/folder.ts';
import { pretend, type Answer } from './support.ts';

const MIB = 2 ** 20;

async function upload(bytes: number, answer: Answer): Promise<{ reply: unknown; body: string | undefined }> {
  const path = join(emptyFolder(), 'rows.jsonl');
  writeFileSync(path, Buffer.alloc(bytes, 'x'));
  const { baseUrl, seen } = await pretend(() => answer);
  const client = new OpenAI({ apiKey: 'k', baseURL: baseUrl, maxRetries: 0, fetch: transport });
  const file = toStreamingFile(createReadStream(path), 'anneal.jsonl', { type: 'application/jsonl' });
  const reply = await client.files.create({ file, purpose: 'fine-tune' }).catch((error: unknown) => error);
  return { reply, body: seen[0]?.body };
}

test('a large file goes out whole as a form', async () => {
  const { reply, body = '' } = await upload(3 * MIB, { body: { id: 'file-1' } });
  expect(reply).toMatchObject({ id: 'file-1' });
  const form = await new Response(Buffer.from(body, 'latin1'), {
    headers: { 'content-type': `multipart/form-data; boundary=${body.slice(2, body.indexOf('\r\n'))}` },
  }).formData();
  const file = form.get('file') as File;
  expect([file.name, file.size, form.get('purpose')]).toEqual(['anneal.jsonl', 3 * MIB, 'fine-tune']);
});

test('what the server says of it comes back, also a refusal', async () => {
  const { reply } = await upload(MIB, { status: 413, body: { error: { message: 'too large' } } });
  expect(reply).toMatchObject({ status: 413, error: { message: 'too large' } });
});

test('an upload that is cut off ends as an error', async () => {
  const { reply } = await upload(MIB, (response) => void response.destroy());
  expect(reply).toMatchObject({ message: 'Connection error.' });
});
