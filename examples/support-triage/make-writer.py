"""Makes the small model in writer/, the second generator of thin-class.yaml: `python examples/support-triage/make-writer.py`.

Run it as make-base.py says. It takes about ten minutes on 2 cores; the seed is fixed.

The writer is shown two rows of a class and writes a third as JSON: one of the two with
words put in place of related ones, a sentence less or one of the other row, a greeting.
It is no model that follows instructions. Its chat template shows it the example rows of
a prompt and nothing else, so the task, the guidance and the schema do not reach it: that
it answers in the right form is what it has learned, and what `anneal` checks.
"""

import argparse
import random
from importlib import import_module
from pathlib import Path
from typing import Iterator

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.models.qwen2 import Model, ModelArgs
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from lessons import read_corpus
from variations import Variations, as_line, rows_by_queue

base = import_module("make-base")

HERE = Path(__file__).resolve().parent
SEED = 12
STEPS = 2000
BATCH = 16

# Lines that hold a row: JSON, but not the schema. A second request, after an answer that did not fit, has none.
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message.role == 'user' %}<|im_start|>user\n"
    "{% for line in message.content.split('\n') %}"
    """{% if line[:2] == '{"' and line[:8] != '{"type":' %}{{ line }}\n{% endif %}"""
    "{% endfor %}<|im_end|>\n"
    "{% elif message.role == 'assistant' %}<|im_start|>assistant\n{{ message.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tokenizer(texts: list[str]) -> Tokenizer:
    """As that of the base, with the signs of JSON among its words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=base.VOCABULARY,
        special_tokens=base.SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def batches(tokenizer: Tokenizer, variations: Variations, chance: random.Random) -> Iterator[base.Batch]:
    """Without end."""

    def example() -> base.Example:
        head, answer = variations.draw()
        prompt = tokenizer.encode(head).ids
        return base.Example(prompt + tokenizer.encode(f"{answer}<|im_end|>\n").ids, len(prompt))

    while True:
        pool = sorted((example() for _ in range(BATCH * base.POOL)), key=lambda e: len(e.tokens))
        starts = list(range(0, len(pool), BATCH))
        chance.shuffle(starts)
        for start in starts:
            yield base.pad(pool[start : start + BATCH])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, default=HERE / "data" / "thin.jsonl", help="rows to learn from")
    parser.add_argument("--out", type=Path, default=HERE / "writer", help="folder of the model")
    parser.add_argument("--steps", type=int, default=STEPS, help="optimizer steps")
    options = parser.parse_args()
    mx.disable_compile()  # it gains nothing on CPUs; see load_base in adapters/mlx/python
    mx.random.seed(SEED)
    chance = random.Random(SEED)
    corpus = read_corpus(options.train)
    by_queue = rows_by_queue(options.train)
    variations = Variations(corpus, by_queue, chance)
    rows = [as_line(message, queue) for queue, messages in by_queue.items() for message in messages]
    drawn = [answer for _, answer in (variations.draw() for _ in range(3000))]
    tokenizer = make_tokenizer(rows + drawn + ["user assistant"] * 100)
    model = Model(ModelArgs.from_dict(base.CONFIG))
    model.unfreeze()
    print(f"{len(rows)} rows, {tokenizer.get_vocab_size()} tokens, {sum(a.size for _, a in tree_flatten(model.parameters()))} parameters")
    base.train(model, batches(tokenizer, variations, chance), options.steps)
    base.save(options.out, tokenizer, model, CHAT_TEMPLATE)


if __name__ == "__main__":
    main()
