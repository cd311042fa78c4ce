import { open, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** A safetensors header larger than this is not one (https://github.com/huggingface/safetensors sets 100 MB). */
const MAX_HEADER_BYTES = 100_000_000;

const Index = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Any of these is a tokenizer. */
const TOKENIZERS = ['tokenizer.json', 'tokenizer.model', 'vocab.json'];

/** What is wrong with a folder that should hold a Hugging Face model, in one sentence with a remedy; undefined when fit. */
export async function modelFolderProblem(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => undefined);
  if (!names)
    return `the base model ${folder} is not a folder: give a folder in Hugging Face format, or a name such as org/name`;
  if (!names.includes('config.json'))
    return `the base model ${folder} has no config.json: copy the whole model folder, not only its weights`;
  const config: unknown = await readFile(join(folder, 'config.json'), 'utf8')
    .then((text) => JSON.parse(text) as unknown)
    .catch(() => undefined);
  if (typeof config !== 'object' || config === null || !('model_type' in config)) {
    return `the base model ${folder} has a config.json without "model_type": take the file from the model's original folder`;
  }
  if (!TOKENIZERS.some((name) => names.includes(name))) {
    return `the base model ${folder} has no tokenizer.json (or tokenizer.model): copy the tokenizer's files beside the weights`;
  }
  const weights = names.filter((name) => /^model.*\.safetensors$/.test(name));
  if (weights.length === 0)
    return `the base model ${folder} has no weights (model*.safetensors): copy them there; other formats have to be converted first`;
  if (names.includes('model.safetensors.index.json')) {
    const index = await readFile(join(folder, 'model.safetensors.index.json'), 'utf8')
      .then((text) => Index.parse(JSON.parse(text)))
      .catch(() => undefined);
    if (!index) return `the base model ${folder} has a damaged model.safetensors.index.json: download it again`;
    const missing = [...new Set(Object.values(index.weight_map))].filter((name) => !names.includes(name));
    if (missing.length > 0)
      return `the base model ${folder} lacks ${missing.join(', ')} that its index names: download it again`;
  }
  for (const name of weights) {
    const problem = await safetensorsProblem(join(folder, name));
    if (problem) return `the weights ${join(folder, name)} ${problem}: copy or download the file again`;
  }
  return undefined;
}

/** As PATTERNS in python/resolve.py: weights, tokenizer, configuration, template. */
const MODEL_FILE = /^(?!consolidated).*\.(safetensors|json|jinja|model|txt|tiktoken)$/;

/** Names of the files that make the model. A card, an image or the same weights in another format are not among them. */
export async function modelFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => MODEL_FILE.test(name)).toSorted();
}

/** Compares a weights file's length with what its header promises, without reading the weights. */
async function safetensorsProblem(path: string): Promise<string | undefined> {
  const { size } = await stat(path);
  if (size < 8) return `are cut off (${size} bytes)`;
  const file = await open(path);
  try {
    const prefix = Buffer.alloc(8);
    await file.read(prefix, 0, 8, 0);
    const length = Number(prefix.readBigUInt64LE());
    if (length > MAX_HEADER_BYTES || length < 2) return 'are not a safetensors file';
    if (8 + length > size) return `are cut off (${size} bytes, the header alone needs ${8 + length})`;
    const header = Buffer.alloc(length);
    await file.read(header, 0, length, 8);
    const tensors = JSON.parse(header.toString('utf8')) as Record<string, { data_offsets?: [number, number] }>;
    const end = Math.max(0, ...Object.values(tensors).map(({ data_offsets }) => data_offsets?.[1] ?? 0));
    return size < 8 + length + end ? `are cut off (${size} bytes, ${8 + length + end} expected)` : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return 'have a damaged header';
    throw error;
  } finally {
    await file.close();
  }
}
