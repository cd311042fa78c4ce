import { lstat, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { digestFile } from '../../artifacts/files.ts';
import { digestOf, hexOf } from '../../artifacts/canonical.ts';
import { messageOf, terminal } from '../../configs/failure.ts';
import { REMOTE_FILE, RemoteModel } from '../../configs/remote-model.ts';
import type { TuneResult } from '../contracts.ts';

/** A larger result is no result. */
const MOST_BYTES = 2 ** 20;

const Count = z.int().min(0);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits');

/** `result.json`, as a trainer writes it; further fields are allowed and ignored. */
const ResultFile = z.object({
  kind: z.enum(['adapter', 'full', 'remote']),
  steps: Count,
  trainedTokens: z.number().min(0),
  finalLoss: z.number().nullish(),
  droppedCount: Count.default(0),
  truncatedCount: Count.optional(),
  droppedReasons: z.array(z.string().max(300)).max(20).optional(),
  seconds: z.number().min(0).optional(),
  device: z.string().max(200).optional(),
  chatTemplateSha256: Sha256.optional(),
  tokenizerSha256: Sha256.optional(),
  bestStep: Count.optional(),
  devRows: Count.optional(),
  dev: z
    .array(z.object({ step: Count, loss: z.number() }))
    .max(100_000)
    .optional(),
});

/**
 * Reads and checks what a trainer left in its job folder.
 *
 * @param curve Step and loss, from its progress lines.
 * @param seconds How long it took, where the result does not say.
 * @throws TerminalError `BadResult`, with what is missing and what to do.
 */
export async function readCommandResult(
  job: string,
  { curve, seconds }: { curve: TuneResult['curve']; seconds: number },
): Promise<TuneResult> {
  const found = await parsed(job);
  const folder = join(job, 'output');
  await checkOutput(folder, found.kind);
  const { kind, steps, trainedTokens, finalLoss, ...rest } = found;
  return {
    ...(kind === 'remote' ? {} : await rendering(folder)),
    ...rest,
    folder,
    kind,
    steps,
    trainedTokens,
    finalLoss: finalLoss ?? curve.at(-1)?.loss,
    seconds: found.seconds ?? seconds,
    device: found.device ?? 'unknown',
    curve,
  };
}

async function parsed(job: string): Promise<z.infer<typeof ResultFile>> {
  const path = join(job, 'result.json');
  const wrong = (what: string): Error =>
    terminal('BadResult', `the trainer wrote ${path}, which ${what}: see "result.json" in docs/tuners.md`);
  const file = await open(path).catch(() => undefined);
  if (!file) throw terminal('BadResult', `the trainer ended without ${path}: it has to write it last`);
  try {
    if ((await file.stat()).size > MOST_BYTES) throw wrong('is over 1 MiB');
    const value: unknown = JSON.parse(await file.readFile('utf8'));
    const result = ResultFile.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw wrong(`is not as agreed: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  } catch (error) {
    if (error instanceof SyntaxError) throw wrong(`is no JSON (${messageOf(error).slice(0, 100)})`);
    throw error;
  } finally {
    await file.close();
  }
}

/** The files that make a model of a kind. */
async function checkOutput(folder: string, kind: TuneResult['kind']): Promise<void> {
  const wrong = (what: string): Error =>
    terminal('BadResult', `the output in ${folder} is of kind ${kind}, but ${what}`);
  const names = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  for (const name of names) {
    const found = await lstat(join(folder, name));
    if (!found.isFile() && !found.isDirectory())
      throw wrong(`${name} in it is a link or no plain file: copy the file itself there`);
  }
  const has = (name: string): boolean => names.includes(name);
  const weights = (name: string): boolean => name.endsWith('.safetensors') && !name.includes('/');
  if (kind === 'remote') {
    const text = await readFile(join(folder, REMOTE_FILE), 'utf8').catch(() => undefined);
    if (text === undefined) throw wrong(`it has no ${REMOTE_FILE}: write {provider, model, base} there`);
    const named = RemoteModel.safeParse(jsonOf(text));
    if (!named.success) {
      const [issue] = named.error.issues;
      throw wrong(`its ${REMOTE_FILE} is not as agreed: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
    }
    return;
  }
  if (kind === 'adapter') {
    if (has('adapter_model.safetensors'))
      throw wrong(
        'it is a PEFT adapter, which is not served here: merge it into its base (docs/tuners.md) and give kind full',
      );
    for (const name of ['adapter_config.json', 'adapters.safetensors'])
      if (!has(name)) throw wrong(`${name} is missing`);
    return;
  }
  if (!has('config.json')) throw wrong('config.json is missing');
  if (!names.some(weights)) throw wrong('it holds no *.safetensors');
  if (!['tokenizer.json', 'tokenizer.model', 'vocab.json'].some(has))
    throw wrong('it has no tokenizer: save the tokenizer beside the weights');
}

/** How the model's folder says that rows become tokens; a file that is not there says nothing. */
async function rendering(folder: string): Promise<Pick<TuneResult, 'chatTemplateSha256' | 'tokenizerSha256'>> {
  const template = await templateOf(folder);
  const tokenizer = await digestFile(join(folder, 'tokenizer.json')).catch(() => undefined);
  return {
    ...(template === undefined ? {} : { chatTemplateSha256: hexOf(digestOf(template)) }),
    ...(tokenizer === undefined ? {} : { tokenizerSha256: hexOf(tokenizer) }),
  };
}

async function templateOf(folder: string): Promise<string | undefined> {
  const own = await readFile(join(folder, 'chat_template.jinja'), 'utf8').catch(() => undefined);
  if (own !== undefined) return own;
  const text = await readFile(join(folder, 'tokenizer_config.json'), 'utf8').catch(() => '');
  const { chat_template: template } = (jsonOf(text) ?? {}) as { chat_template?: unknown };
  return typeof template === 'string' ? template : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
