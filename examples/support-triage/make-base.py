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
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
from mlx.utils import tree_flatten
from mlx_lm.models.qwen2 import Model, ModelArgs
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from lessons import Corpus, Lesson, Lessons, read_corpus

HERE = Path(__file__).resolve().parent
SEED = 11
VOCABULARY = 2048
STEPS = 3000
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

Batch = tuple[mx.array, mx.array, mx.array]  # as `pad` makes it


@dataclass(frozen=True)
class Example:
    tokens: list[int]
    answer: int  # where the answer starts


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


def encode(tokenizer: Tokenizer, lesson: Lesson) -> Example:
    """In the words of the chat template."""
    system = f"<|im_start|>system\n{lesson.instruction}<|im_end|>\n" if lesson.instruction else ""
    head = f"{system}<|im_start|>user\n{lesson.text}<|im_end|>\n<|im_start|>assistant\n"
    prompt = tokenizer.encode(head).ids
    return Example(prompt + tokenizer.encode(f"{lesson.answer}<|im_end|>\n").ids, len(prompt))


def batches(tokenizer: Tokenizer, lessons: Lessons, chance: random.Random) -> Iterator[Batch]:
    """Without end."""
    while True:
        pool = sorted((encode(tokenizer, lessons.draw()) for _ in range(BATCH * POOL)), key=lambda e: len(e.tokens))
        starts = list(range(0, len(pool), BATCH))
        chance.shuffle(starts)
        for start in starts:
            yield pad(pool[start : start + BATCH])


def pad(examples: list[Example]) -> Batch:
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
    rise = optim.linear_schedule(0, PEAK_RATE, WARM_UP)
    fall = optim.cosine_decay(PEAK_RATE, steps - WARM_UP, PEAK_RATE / 50)
    rate = optim.join_schedules([rise, fall], [WARM_UP])
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


def save(folder: Path, tokenizer: Tokenizer, model: Model, chat_template: str = CHAT_TEMPLATE) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "model_max_length": CONFIG["max_position_embeddings"],
        "clean_up_tokenization_spaces": False,
        "chat_template": chat_template,
    }
    write_json(folder / "tokenizer_config.json", settings)
    write_json(folder / "config.json", CONFIG)
    weights = dict(tree_flatten(model.parameters()))
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "mlx"})
    note_digests(folder)


def note_digests(folder: Path) -> None:
    """Prints them, and puts them into the model card where there is one: a card must not outlive its weights."""
    card = folder / "README.md"
    for name in ("model.safetensors", "tokenizer.json"):
        data = (folder / name).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        print(f"{name}: {len(data)} bytes, sha256 {digest}")
        if card.exists():
            noted = re.sub(rf"(?m)^( +{re.escape(name)}: )\S+$", rf"\g<1>{digest}", card.read_text(encoding="utf-8"))
            card.write_text(noted, encoding="utf-8")


def write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, default=HERE / "data" / "train.jsonl", help="rows whose messages are read")
    parser.add_argument("--out", type=Path, default=HERE / "base", help="folder of the model")
    parser.add_argument("--steps", type=int, default=STEPS, help="optimizer steps")
    options = parser.parse_args()
    mx.disable_compile()  # it gains nothing on CPUs; see load_base in adapters/mlx/python
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
