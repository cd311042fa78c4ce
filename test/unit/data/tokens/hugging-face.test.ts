import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../../../scripts/toolchain.js';
import { loadTokenizer } from '../../../../data/tokens/hugging-face.ts';
import type { TokenCounter } from '../../../../data/tokens/counter.ts';
import { emptyFolder } from '../../support/folder.ts';
import { dialogue, row } from './rows.ts';

const shipped = join(root, 'examples', 'support-triage', 'base');

/** What the tests change in the two files. */
interface Changeable {
  chat_template?: unknown;
  pre_tokenizer: { add_prefix_space: boolean };
  normalizer: unknown;
  model: unknown;
}
type Change = (value: Changeable) => void;

/** A copy of the shipped base, changed. */
function base(change: { config?: Change; model?: Change } = {}): string {
  const folder = join(emptyFolder(), 'base');
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) cpSync(join(shipped, name), join(folder, name));
  edit(join(folder, 'tokenizer_config.json'), change.config);
  edit(join(folder, 'tokenizer.json'), change.model);
  return folder;
}

function edit(path: string, change: Change | undefined): void {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Changeable;
  change?.(value);
  writeFileSync(path, JSON.stringify(value));
}

async function loaded(folder: string, options?: { maskPrompt?: boolean }): Promise<TokenCounter> {
  const counter = await loadTokenizer(folder, options);
  if (typeof counter === 'string') throw new Error(counter);
  return counter;
}

test('control tokens of the template are one token each', async () => {
  const counter = await loaded(base());
  expect(counter.countText('<|im_start|><|im_end|>')).toBe(2);
  const [user, assistant] = [counter.countText('user\nrefund'), counter.countText('assistant\nbilling')];
  expect(counter.countRow(dialogue('refund', 'billing'))).toBe(user + assistant + 4 + 2 * counter.countText('\n'));
});

test('what is not answered counts with the start of the answer', async () => {
  const counter = await loaded(base());
  const asked = counter.countRow(dialogue('refund'));
  expect(asked).toBe(counter.countText('<|im_start|>user\nrefund<|im_end|>\n<|im_start|>assistant\n'));
});

test('a preference pair counts the longer answer, a document its text', async () => {
  const counter = await loaded(base());
  const messages = [{ role: 'user' as const, content: 'refund' }];
  const chosen = [{ role: 'assistant' as const, content: 'billing' }];
  const rejected = [{ role: 'assistant' as const, content: 'billing, or perhaps delivery' }];
  const pair = counter.countRow(row({ messages, chosen, rejected }));
  expect(pair).toBe(counter.countRow(row({ messages: [...messages, ...rejected] })));
  const document = row({ messages: [], document: { text: 'how refunds work' } });
  expect(counter.countRow(document)).toBe(counter.countText('how refunds work'));
  expect(counter.atMost?.(document)).toBeGreaterThanOrEqual(counter.countRow(document));
});

test('tools reach the template', async () => {
  const template = '{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}';
  const counter = await loaded(base({ config: (config) => (config.chat_template = template) }), {
    maskPrompt: false,
  });
  const tools = [{ type: 'function' as const, function: { name: 'find' } }];
  const messages = dialogue('refund', 'billing').messages;
  const spelled = '[{"type": "function", "function": {"name": "find"}}]refundbilling';
  expect(counter.countRow(row({ messages, tools }))).toBe(counter.countText(spelled));
});

test('a template file goes before the one in the config, and the default before other templates', async () => {
  const several = base({
    config: (config) =>
      (config.chat_template = [
        { name: 'rag', template: 'rag' },
        { name: 'default', template: '{{ messages[0].content }}' },
      ]),
  });
  const one = await loaded(several, { maskPrompt: false });
  expect(one.countRow(dialogue('refund', 'x'))).toBe(one.countText('refund'));
  writeFileSync(join(several, 'chat_template.jinja'), 'A{{ messages[0].content }}');
  const other = await loaded(several, { maskPrompt: false });
  expect(other.countRow(dialogue('refund', 'x'))).toBe(other.countText('Arefund'));
});

test('today is the day on which the trainer trains', async () => {
  const template = "{{ strftime_now('%d %b %Y') }}{{ strftime_now('%A') }}";
  const counter = await loaded(base({ config: (config) => (config.chat_template = template) }));
  expect(counter.countRow(dialogue('x'))).toBe(counter.countText('26 Jul 20242024-07-26'));
});

test('the bound holds where text grows in lower case, and is absent where tokens are not made of bytes', async () => {
  const counter = await loaded(base());
  for (const text of ['İİİİ', 'ȺȺȺȺ', '日本語', '👩‍👧', 'a b', '', '\ud83d', '\u0000'])
    expect(counter.atMost?.(dialogue(text, 'x'))).toBeGreaterThanOrEqual(counter.countRow(dialogue(text, 'x')));
  const prefixed = await loaded(base({ model: (model) => (model.pre_tokenizer.add_prefix_space = true) }));
  expect(prefixed.atMost).toBeUndefined();
  const grown = await loaded(base({ model: (model) => (model.normalizer = { type: 'NFKC' }) }));
  expect(grown.atMost).toBeUndefined();
});

test("a file for Qwen's models is read by the rules of these models, as the trainer reads it", async () => {
  const folder = base();
  const lowered = await loaded(folder);
  expect(lowered.countText('REFUND')).toBe(lowered.countText('refund'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'qwen2' }));
  const trained = await loaded(folder);
  expect(trained.countText('REFUND')).toBeGreaterThan(trained.countText('refund'));
});

test('rows that the template refuses are told with their place', async () => {
  const template = "{% if messages[0].role == 'system' %}{{ raise_exception('no system turns') }}{% endif %}x";
  const strict = await loaded(base({ config: (config) => (config.chat_template = template) }), {
    maskPrompt: false,
  });
  const system = row({ messages: [{ role: 'system', content: 'be kind' }] }, 4, 2);
  expect(() => strict.countRow(system)).toThrowErrorMatchingInlineSnapshot(
    `[TerminalError: source 2 line 4 does not fit the chat template of the model (no system turns); change its roles]`,
  );
  const counter = await loaded(base());
  expect(() =>
    counter.countRow(row({ messages: [{ role: 'assistant', content: 'hi' }] })),
  ).toThrowErrorMatchingInlineSnapshot(
    `[TerminalError: source 0 line 1 is an answer without a question; add a message before it, or set tune.maskPrompt to false]`,
  );
  const rewriting = await loaded(base({ config: (config) => (config.chat_template = '{{ messages | length }}') }));
  expect(() => rewriting.countRow(dialogue('a', 'b'))).toThrowErrorMatchingInlineSnapshot(
    `[TerminalError: source 0 line 1 is rendered by the chat template in another way once it is answered, so where the answer starts is unknown; set tune.maskPrompt to false or take a model whose template adds to the prompt]`,
  );
  const file = { type: 'file' as const, file: { uri: 'gs://b/a.pdf', mimeType: 'application/pdf' } };
  expect(() =>
    counter.countRow(row({ messages: [{ role: 'user', content: [file] }] })),
  ).toThrowErrorMatchingInlineSnapshot(
    `[TerminalError: source 0 line 1 holds a part of type file, whose tokens cannot be counted here]`,
  );
});

test('a folder without what is needed says what is missing', async () => {
  const folder = base();
  const reason = async (): Promise<string> => String(await loadTokenizer(folder)).replaceAll(folder, 'FOLDER');
  const reasons: string[] = [];
  writeFileSync(join(folder, 'chat_template.jinja'), '{% for %}');
  reasons.push(await reason());
  rmSync(join(folder, 'chat_template.jinja'));
  edit(join(folder, 'tokenizer_config.json'), (config) => delete config.chat_template);
  reasons.push(await reason());
  writeFileSync(join(folder, 'tokenizer_config.json'), '[');
  reasons.push(await reason());
  cpSync(join(shipped, 'tokenizer_config.json'), join(folder, 'tokenizer_config.json'));
  edit(join(folder, 'tokenizer.json'), (model) => (model.model = { type: 'Oracle' }));
  reasons.push(await reason());
  rmSync(join(folder, 'tokenizer.json'));
  reasons.push(await reason());
  expect(reasons.join('\n')).toMatchInlineSnapshot(`
    "FOLDER: its chat template cannot be read (Unexpected token: CloseStatement)
    FOLDER has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json); take the instruction-tuned variant of the model
    FOLDER: FOLDER/tokenizer_config.json is not a JSON object; download the model again
    FOLDER: tokenizer.json holds a tokenizer that cannot be read here (Unknown TokenizerModel type: Oracle)
    FOLDER has no tokenizer.json, so its tokens cannot be counted here"
  `);
});
