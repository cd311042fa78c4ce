"""Makes the small base model in base/: `python examples/support-triage/make-base.py`.

Run it from the top of the repository with the Python of the trainer, which
`npm run setup` installs (~/.cache/anneal/trainer-<lock>/bin/python):

    OPENBLAS_NUM_THREADS=2 LD_PRELOAD=<OpenBLAS named in openblas.json beside it> \\
        ~/.cache/anneal/trainer-*/bin/python examples/support-triage/make-base.py

It takes about eight minutes on 2 cores. The seed is fixed, so that the same machine
and libraries give the same bytes; other processors round differently and give a
model that is as good, with another digest.

The base reads messages of customers but never their queues: an adapter has to
learn those. What it practises is to attend to a message: to repeat it, to go on
where it breaks off, to pick the words that carry its meaning, to name words that
go with them, and to answer like an agent.
"""

import argparse
import hashlib
import json
import random
import re
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
from mlx.utils import tree_flatten
from mlx_lm.models.qwen2 import Model, ModelArgs
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = Path(__file__).resolve().parent
SEED = 11
VOCABULARY = 2048
STEPS = 6000
BATCH = 32
PEAK_RATE = 2e-3
WARM_UP = 200
POOL = 32  # batches that are sorted by length together, for little padding

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_size": 192,
    "num_hidden_layers": 2,
    "intermediate_size": 256,
    "num_attention_heads": 3,
    "num_key_value_heads": 3,
    "max_position_embeddings": 1024,
    "rope_theta": 10000.0,
    "rms_norm_eps": 1e-6,
    "hidden_act": "silu",
    "tie_word_embeddings": True,
    "use_sliding_window": False,
    "torch_dtype": "float32",
    "vocab_size": VOCABULARY,
    "pad_token_id": 0,
    "eos_token_id": 2,
}


Batch = tuple[mx.array, mx.array, mx.array]


@dataclass(frozen=True)
class Corpus:
    messages: list[str]
    dialogues: list[tuple[str, str]]
    groups: list[list[str]]  # words that go together


@dataclass(frozen=True)
class Example:
    tokens: list[int]
    answer: int  # where the answer starts


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def read_corpus(train: Path) -> Corpus:
    """Takes the messages alone out of the training rows; the test file is not opened."""
    messages = [json.loads(line)["message"] for line in train.read_text(encoding="utf-8").splitlines()]
    spoken = (HERE / "base-text" / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    dialogues = [(row["customer"], row["agent"]) for row in map(json.loads, spoken)]
    groups = [line.split() for line in (HERE / "base-text" / "word-groups.txt").read_text(encoding="utf-8").splitlines()]
    return Corpus(messages, dialogues, groups)


def make_tokenizer(corpus: Corpus) -> Tokenizer:
    """Byte-level BPE on lower-case text: with so few texts "Refund" and "refund" must be one word."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    said = [text for dialogue in corpus.dialogues for text in dialogue]
    listed = [" " + " ".join(group) for group in corpus.groups]
    tokenizer.train_from_iterator(corpus.messages + said + listed + ["system user assistant"] * 100, trainer)
    return tokenizer


class Lessons:
    """Draws exercises from the corpus; each is what to do, a text, and the answer."""

    def __init__(self, corpus: Corpus, chance: random.Random):
        self._corpus = corpus
        self._chance = chance
        self._texts = corpus.messages + [customer for customer, _ in corpus.dialogues]
        self._frequency = Counter(word for text in self._texts for word in set(words_of(text)))
        self._groups_of: dict[str, list[list[str]]] = {}
        for group in corpus.groups:
            for word in group:
                self._groups_of.setdefault(word, []).append(group)
        self._kinds: list[tuple[Callable[[], tuple[str, str, str]], int]] = [
            (self._repeat, 1),
            (self._go_on, 2),
            (self._keywords, 3),
            (self._related, 5),
            (self._word_group, 2),
            (self._reply, 3),
        ]

    def draw(self) -> tuple[str, str, str]:
        kinds, weights = zip(*self._kinds)
        return self._chance.choices(kinds, weights)[0]()

    def _text(self) -> str:
        return self._chance.choice(self._texts)

    def _with_gaps(self, text: str) -> str:
        """Some words left out, so that the meaning is taken from all of them."""
        share = self._chance.choice([0.0, 0.15, 0.3])
        kept = [word for word in text.split(" ") if self._chance.random() >= share]
        return " ".join(kept) or text

    def _repeat(self) -> tuple[str, str, str]:
        text = self._text()
        pieces = text.split(" ")
        count = self._chance.randint(1, 6)
        if self._chance.random() < 0.5:
            return "Give the first words.", text, " ".join(pieces[:count])
        return "Give the last words.", text, " ".join(pieces[-count:])

    def _go_on(self) -> tuple[str, str, str]:
        pieces = self._text().split(" ")
        cut = self._chance.randint(0, max(1, len(pieces) - 1))
        return "Go on with the message.", " ".join(pieces[:cut]), " ".join(pieces[cut:]) or "."

    def _keywords(self) -> tuple[str, str, str]:
        """The rarest words of the message, in its order."""
        text = self._text()
        words = [word for word in dict.fromkeys(words_of(text)) if len(word) > 2]
        rare = set(sorted(words, key=lambda word: self._frequency[word])[:4])
        return "Give the key words.", text, " ".join(word for word in words if word in rare) or text

    def _related(self) -> tuple[str, str, str]:
        """Words that go with those of the message and do not stand in it."""
        text = self._text()
        words = dict.fromkeys(words_of(text))
        hits = Counter(tuple(group) for word in words for group in self._groups_of.get(word, []))
        if not hits:
            return self._keywords()
        ranked = sorted(hits, key=lambda group: (-hits[group], self._chance.random()))[:4]
        others = [word for group in ranked for word in group if word not in words]
        chosen = self._chance.sample(others, min(6, len(others)))
        return self._chance.choice(["", "Give related words."]), self._with_gaps(text), " ".join(chosen) or text

    def _word_group(self) -> tuple[str, str, str]:
        words = self._chance.choice(self._corpus.groups)
        words = self._chance.sample(words, len(words))
        cut = self._chance.randint(1, 2)
        return "Give related words.", " ".join(words[:cut]), " ".join(words[cut : cut + 6]) or words[0]

    def _reply(self) -> tuple[str, str, str]:
        customer, agent = self._chance.choice(self._corpus.dialogues)
        return "Answer the customer.", self._with_gaps(customer), agent


def encode(tokenizer: Tokenizer, lesson: tuple[str, str, str]) -> Example:
    """In the words of the chat template; now and then without the instruction, as recipes may have none."""
    instruction, text, answer = lesson
    system = f"<|im_start|>system\n{instruction}<|im_end|>\n" if instruction else ""
    head = f"{system}<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
    prompt = tokenizer.encode(head).ids
    return Example(prompt + tokenizer.encode(f"{answer}<|im_end|>\n").ids, len(prompt))


def batches(tokenizer: Tokenizer, lessons: Lessons, chance: random.Random) -> Iterator[Batch]:
    """Without end."""
    while True:
        pool = sorted((encode(tokenizer, lessons.draw()) for _ in range(BATCH * POOL)), key=lambda e: len(e.tokens))
        starts = list(range(0, len(pool), BATCH))
        chance.shuffle(starts)
        for start in starts:
            yield pad(pool[start : start + BATCH])


def pad(examples: list[Example]) -> tuple[mx.array, mx.array, mx.array]:
    """Tokens in rows of one length, the places (in the rows laid end to end) that predict an answer, and what they predict."""
    columns = max(len(example.tokens) for example in examples) - 1
    tokens = np.zeros((len(examples), columns), np.int32)
    places, targets = [], []
    for row, example in enumerate(examples):
        tokens[row, : len(example.tokens) - 1] = example.tokens[:-1]
        places += range(row * columns + example.answer - 1, row * columns + len(example.tokens) - 1)
        targets += example.tokens[example.answer :]
    return mx.array(tokens), mx.array(places), mx.array(targets)


def loss_of(model: Model, tokens: mx.array, places: mx.array, targets: mx.array) -> mx.array:
    """Mean cross-entropy in nats of the answers; the costly logits are computed for them alone."""
    hidden = model.model(tokens).reshape(-1, CONFIG["hidden_size"])
    logits = model.model.embed_tokens.as_linear(hidden[places])
    return nn.losses.cross_entropy(logits, targets, reduction="mean")


def train(model: Model, source: Iterator[Batch], steps: int) -> None:
    """AdamW with warm-up and cosine; all weights, also the embeddings."""
    rate = optim.join_schedules(
        [optim.linear_schedule(0, PEAK_RATE, WARM_UP), optim.cosine_decay(PEAK_RATE, steps - WARM_UP, PEAK_RATE / 50)], [WARM_UP]
    )
    optimizer = optim.AdamW(rate, weight_decay=0.05, bias_correction=True)
    gradient = nn.value_and_grad(model, loss_of)
    began, window = time.monotonic(), []
    for step in range(1, steps + 1):
        loss, gradients = gradient(model, *next(source))
        gradients, _ = optim.clip_grad_norm(gradients, 1.0)
        optimizer.update(model, gradients)
        mx.eval(model.state, optimizer.state, loss)
        window.append(loss.item())
        if step % 200 == 0 or step == steps:
            print(f"step {step} of {steps}: loss {np.mean(window):.3f}, {time.monotonic() - began:.0f} s", flush=True)
            window = []


def save(folder: Path, tokenizer: Tokenizer, model: Model) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "model_max_length": CONFIG["max_position_embeddings"],
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    write_json(folder / "tokenizer_config.json", settings)
    write_json(folder / "config.json", CONFIG)
    weights = dict(tree_flatten(model.parameters()))
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "mlx"})
    for name in ("model.safetensors", "tokenizer.json"):
        data = (folder / name).read_bytes()
        print(f"{name}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


def write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, default=HERE / "data" / "train.jsonl", help="rows whose messages are read")
    parser.add_argument("--out", type=Path, default=HERE / "base", help="folder of the model")
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    import os
    CONFIG.update(json.loads(os.environ.get("CFG", "{}")))
    globals().update(json.loads(os.environ.get("GLB", "{}")))
    CONFIG["vocab_size"] = VOCABULARY
    mx.disable_compile()
    mx.random.seed(SEED)
    chance = random.Random(SEED)
    corpus = read_corpus(options.train)
    tokenizer = make_tokenizer(corpus)
    model = Model(ModelArgs.from_dict(CONFIG))
    model.unfreeze()
    parameters = sum(array.size for _, array in tree_flatten(model.parameters()))
    print(f"{len(corpus.messages)} messages, {len(corpus.dialogues)} dialogues, {len(corpus.groups)} word groups")
    print(f"{tokenizer.get_vocab_size()} tokens, {parameters} parameters")
    train(model, batches(tokenizer, Lessons(corpus, chance), chance), options.steps)
    save(options.out, tokenizer, model)


if __name__ == "__main__":
    main()
