import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TerminalError } from '../../configs/failure.ts';
import { identify, type Message, type Row } from '../../data/row.ts';
import { loadTokenizer } from '../../data/tokens/hugging-face.ts';
import { root } from '../../scripts/toolchain.js';
import { noTrainer, runPython, sharedFolder } from './support/trainer.ts';

const folder = sharedFolder();
const example = join(root, 'examples', 'support-triage');

// Control tokens written out, emoji made of several, accents composed and not, scripts without spaces, odd spaces.
const texts = [
  'refund',
  'My parcel is LATE, again!',
  '  two  spaces   and\ttabs\t',
  'line\nbreaks\r\nof\n\n\nall kinds\n',
  'Zürich — “déjà vu”, naïve café, café',
  '日本語のテキストと中文、한국어',
  'مرحبا بالعالم שלום',
  '👩‍👧‍👦 👍🏽 🇩🇪',
  'a literal <|im_end|> and <|endoftext|> inside',
  '<|im_start|>system\nobey<|im_end|>',
  "it's we'LL they've I'M",
  'x = {"id": 4711, "price": 129.99, "tags": ["a", "b"]}',
  'https://example.org/a/b?c=d#e',
  '0123456789 ½ ² Ⅷ ٣٤٥',
  '\u00a0\u3000\u200b\ufeff\u0085hidden spaces',
  '\u0000\u001f\u0001',
  'İstanbul ẞ ǅ ﬁne',
  'a'.repeat(300),
  '',
  ' ',
];

/** Every text as prompt, as answer and as system turn, beside the example's own rows. */
function conversations(): Message[][] {
  const shipped = ['train.jsonl', 'test.jsonl'].flatMap((name) =>
    readFileSync(join(example, 'data', name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { message: string; queue: string })
      .map(({ message, queue }) => turns(message, queue)),
  );
  const made = texts.flatMap((text, at) => {
    const other = texts[(at * 7 + 3) % texts.length] ?? '';
    return [
      turns(text, other),
      turns(text, other, text, other),
      [{ role: 'system', content: other } as const, ...turns(text, other)],
      turns(text),
    ];
  });
  return [...shipped, ...made];
}

const turns = (...said: string[]): Message[] =>
  said.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));

const rows = (): Row[] => conversations().map((messages, at) => identify({ messages }, 0, at + 1));

/** Tokens of each row as the trainer counts them; a text where it refuses the row. */
function asTrainer(base: string, given: readonly Row[], maskPrompt: boolean): (number | string)[] {
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, given.map(({ messages }, at) => `${JSON.stringify({ id: `row-${at}`, messages })}\n`).join(''));
  const out = runPython(`
import json, sys
from pathlib import Path
sys.path.insert(0, ${JSON.stringify(join(root, 'adapters', 'mlx', 'python'))})
from mlx_lm.utils import load_tokenizer
from base_model import Base
from chat import Chat
from common import JobError
from rows import read_rows
folder = Path(${JSON.stringify(base)})
chat = Chat(Base(folder, None, load_tokenizer(folder, {"trust_remote_code": False}), {}))
def count(row):
    try:
        if row.messages[-1]["role"] != "assistant":
            return len(chat.prompt(row))
        return len(chat.example(row, ${maskPrompt ? 'True' : 'False'}).tokens)
    except JobError as error:
        return str(error)
print(json.dumps([count(row) for row in read_rows(Path(${JSON.stringify(path)}))]))
`);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as (number | string)[];
}

async function compare(base: string, maskPrompt: boolean): Promise<{ total: number; split: number }> {
  const counter = await loadTokenizer(base, { maskPrompt });
  if (typeof counter === 'string') throw new Error(counter);
  const given = rows();
  const ours = given.map((row) => {
    try {
      return counter.countRow(row);
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      return 'refused';
    }
  });
  const theirs = asTrainer(base, given, maskPrompt).map((count) => (typeof count === 'string' ? 'refused' : count));
  expect(ours).toEqual(theirs);
  const counted = given.filter((_, at) => typeof ours[at] === 'number');
  expect(counted.length).toBeGreaterThan(100);
  for (const row of counted) expect(counter.atMost?.(row)).toBeGreaterThanOrEqual(counter.countRow(row));
  const total = ours.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0);
  const whole = await loadTokenizer(base, { maskPrompt: false });
  if (typeof whole === 'string') throw new Error(whole);
  return { total, split: counted.filter((row) => whole.countRow(row) !== counter.countRow(row)).length };
}

/** A byte-level BPE trained on the spot, as families of models have it. */
function train(name: string, options: { normalizer: string; pretokenizer: string; template: string }): string {
  const base = join(folder, name);
  mkdirSync(base, { recursive: true });
  writeFileSync(join(folder, 'corpus.json'), JSON.stringify([...texts, ...corpus()]));
  runPython(`
import json
from pathlib import Path
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
tokenizer = Tokenizer(models.BPE())
tokenizer.normalizer = ${options.normalizer}
tokenizer.pre_tokenizer = ${options.pretokenizer}
tokenizer.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(vocab_size=1200, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
tokenizer.train_from_iterator(json.loads(Path(${JSON.stringify(join(folder, 'corpus.json'))}).read_text()), trainer)
tokenizer.save(str(Path(${JSON.stringify(base)}) / "tokenizer.json"))
`);
  const config = { tokenizer_class: 'PreTrainedTokenizerFast', bos_token: '<|endoftext|>', eos_token: '<|im_end|>' };
  writeFileSync(join(base, 'tokenizer_config.json'), JSON.stringify(config));
  writeFileSync(join(base, 'chat_template.jinja'), options.template);
  return base;
}

const corpus = (): string[] => readFileSync(join(root, 'README.md'), 'utf8').split('\n');

const CHATML = `{% for message in messages %}
    {%- if message.role not in ['system', 'user', 'assistant'] %}{{ raise_exception('unknown role') }}{% endif %}
    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% if enable_thinking %}<think>{% endif %}{% endif %}`;

// No token of its own between prompt and answer, so that tokens can span the border; and the day is printed.
const PLAIN = `{{ bos_token }}{{ strftime_now("%d %b %Y") }}
{%- for message in messages %}
{%- if message.role == 'system' and not loop.first %}{{ raise_exception('system first') }}{% endif %}
{{- ' ' + message.role + message.content | trim }}
{%- endfor %}
{%- if add_generation_prompt %}{{ ' assistant' }}{% endif %}`;

const GPT = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const bases = {
  qwen: {
    normalizer: 'normalizers.NFC()',
    pretokenizer: `pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(${JSON.stringify(GPT)}), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])`,
    template: CHATML,
  },
  gpt2: { normalizer: 'None', pretokenizer: 'pre_tokenizers.ByteLevel(add_prefix_space=False)', template: PLAIN },
};

test.for([true, false])("the example's base counts as the trainer does, maskPrompt %s", async (mask, context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  expect((await compare(join(example, 'base'), mask)).total).toBeGreaterThan(10_000);
});

test('a byte-level BPE with NFC and a ChatML template counts as the trainer does', async (context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  const base = train('qwen', bases.qwen);
  expect((await compare(base, true)).total).toBe((await compare(base, false)).total);
});

test('where a token would span prompt and answer both split it there', async (context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  const base = train('gpt2', bases.gpt2);
  const { split } = await compare(base, true);
  expect(split).toBeGreaterThan(0);
});
