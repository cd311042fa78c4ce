import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { messageOf, systemCode } from '../../configs/failure.ts';
import { textsOf, type Message, type Row } from '../row.ts';
import { badRow, conversationsOf, onlyText, type TokenCounter } from './counter.ts';
import { asTrained } from './families.ts';
import { readTemplate, type Render } from './template.ts';

interface LoadOptions {
  /** As tune.maskPrompt: the answer begins at a token of its own. Default true. */
  maskPrompt?: boolean;
}

type Json = Record<string, unknown>;

/**
 * Loads tokenizer and chat template of a model folder in Hugging Face layout; a text says why it cannot. Counts are
 * those of the trainer (adapters/mlx/python/chat.py).
 */
export async function loadTokenizer(folder: string, options: LoadOptions = {}): Promise<TokenCounter | string> {
  const [model, config, templateFile, legacySpecials, architecture] = await Promise.all([
    readJson(join(folder, 'tokenizer.json')),
    readJson(join(folder, 'tokenizer_config.json')),
    readText(join(folder, 'chat_template.jinja')),
    readJson(join(folder, 'special_tokens_map.json')),
    readJson(join(folder, 'config.json')),
  ]);
  if (model === undefined) return `${folder} has no tokenizer.json, so its tokens cannot be counted here`;
  for (const file of [model, config, legacySpecials, architecture])
    if (typeof file === 'string') return `${folder}: ${file}`;
  const source = templateFile ?? templateOf(config as Json | undefined);
  if (source === undefined)
    return `${folder} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json); take the instruction-tuned variant of the model`;
  const render = readTemplate(source, specialsOf(legacySpecials, config));
  if (typeof render === 'string') return `${folder}: ${render}`;
  const rules = asTrained(model as Json, (config ?? {}) as Json, (architecture as Json | undefined)?.['model_type']);
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(rules, config ?? {});
  } catch (error) {
    return `${folder}: tokenizer.json holds a tokenizer that cannot be read here (${messageOf(error)})`;
  }
  return counter(folder, tokenizer, render, options.maskPrompt ?? true, growthOf(rules));
}

function counter(
  folder: string,
  tokenizer: Tokenizer,
  render: Render,
  maskPrompt: boolean,
  growth: number | undefined,
): TokenCounter {
  const encode = (text: string): number[] =>
    text === '' ? [] : tokenizer.encode(text, { add_special_tokens: false }).ids;
  const longest = (row: Row, count: (messages: readonly Message[], row: Row) => number): number =>
    Math.max(...conversationsOf(row).map((messages) => count(messages, row)));
  const rendered = (row: Row, messages: readonly Message[], reply: boolean): string => {
    try {
      return render(messages, row.tools, reply);
    } catch (error) {
      throw badRow(row, `does not fit the chat template of the model (${messageOf(error)}); change its roles`, error);
    }
  };

  /** The whole text, and the part of it that is learned when prompts are masked. */
  const parts = (messages: readonly Message[], row: Row): { full: string; prompt?: string } => {
    const isAnswered = messages.at(-1)?.role === 'assistant';
    if (!isAnswered) return { full: rendered(row, messages, true) };
    const full = rendered(row, messages, false);
    if (!maskPrompt) return { full };
    if (messages.length < 2)
      throw badRow(row, 'is an answer without a question; add a message before it, or set tune.maskPrompt to false');
    const prompt = rendered(row, messages.slice(0, -1), true);
    if (!full.startsWith(prompt) || full === prompt)
      throw badRow(
        row,
        'is rendered by the chat template in another way once it is answered, so where the answer starts is unknown; set tune.maskPrompt to false or take a model whose template adds to the prompt',
      );
    return { full, prompt };
  };

  const countConversation = (messages: readonly Message[], row: Row): number => {
    const { full, prompt } = parts(messages, row);
    const whole = encode(full);
    if (prompt === undefined) return whole.length;
    const head = encode(prompt);
    if (head.every((id, at) => whole[at] === id)) return whole.length;
    // A token would span the border; the trainer splits there, since at generation the prompt ends there.
    return head.length + encode(full.slice(prompt.length)).length;
  };

  return {
    name: `the tokenizer of ${folder}`,
    countText: (text) => encode(text).length,
    countRow(row) {
      onlyText(row);
      if (row.document) return textsOf(row).reduce((total, text) => total + encode(text).length, 0);
      return longest(row, countConversation);
    },
    ...(growth === undefined
      ? {}
      : {
          atMost(row: Row): number {
            onlyText(row);
            if (row.document) return textsOf(row).reduce((total, text) => total + boundOf(text, growth), 0);
            return longest(row, (messages) => boundOf(parts(messages, row).full, growth));
          },
        }),
  };
}

/** Every token stands for one byte or more of the normalised text. ASCII does not grow. */
function boundOf(text: string, growth: number): number {
  const bytes = Buffer.byteLength(text);
  return bytes === text.length ? bytes : bytes * growth;
}

// Bytes of UTF-8 after over those before, at worst: NFC by the Unicode FAQ, lower case by its tables.
const GROWTH: Record<string, number> = { NFC: 3, Lowercase: 3 };

/**
 * How many times longer a text can get before it is cut into bytes; undefined where tokens are not made of bytes, or
 * something may be put in.
 */
function growthOf(tokenizer: Json): number | undefined {
  const model = (tokenizer['model'] ?? {}) as Json;
  const isPlain =
    model['type'] === 'BPE' &&
    !model['byte_fallback'] &&
    !model['continuing_subword_prefix'] &&
    !model['end_of_word_suffix'];
  const cutting = stepsOf(tokenizer['pre_tokenizer'], 'pretokenizers');
  const isCut = cutting.every(({ type }) => type === 'ByteLevel' || type === 'Digits' || type === 'Split');
  const isBytes =
    cutting.some(({ type }) => type === 'ByteLevel') && cutting.every((step) => !step['add_prefix_space']);
  if (!isPlain || !isCut || !isBytes) return undefined;
  let growth = 1;
  for (const { type } of stepsOf(tokenizer['normalizer'], 'normalizers')) {
    const factor = GROWTH[String(type)];
    if (factor === undefined) return undefined;
    growth *= factor;
  }
  return growth;
}

function stepsOf(step: unknown, list: string): Json[] {
  if (typeof step !== 'object' || step === null) return [];
  const { type, [list]: steps } = step as Json;
  return type === 'Sequence' && Array.isArray(steps) ? steps.flatMap((inner) => stepsOf(inner, list)) : [step as Json];
}

/** The template, or the one called default of several. */
function templateOf(config: Json | undefined): string | undefined {
  const found = config?.['chat_template'];
  if (typeof found === 'string') return found;
  if (!Array.isArray(found)) return undefined;
  const named = (found as Json[]).find((entry) => entry['name'] === 'default')?.['template'];
  return typeof named === 'string' ? named : undefined;
}

/** Control tokens by name; the later file wins. */
function specialsOf(...files: unknown[]): Record<string, string> {
  const specials: Record<string, string> = {};
  for (const [name, value] of files.flatMap((file) => Object.entries((file ?? {}) as Json))) {
    if (!name.endsWith('_token')) continue;
    const text = typeof value === 'object' && value !== null ? (value as Json)['content'] : value;
    if (typeof text === 'string') specials[name] = text;
  }
  return specials;
}

/** The object in a file; undefined when there is no such file, a text when it is no JSON. */
async function readJson(path: string): Promise<Json | string | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // The reason below says all there is to say.
  }
  return `${path} is not a JSON object; download the model again`;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
