"""Counts tokens as Python does, beside bench/data/tokens.ts; nothing is downloaded.

A number on stdin has the texts of that round counted; seconds and total are printed.
"""

import base64
import json
import sys
import time
from pathlib import Path
from typing import Callable


def tiktoken_counter(folder: Path) -> Callable[[list[str]], int]:
    """Built from the ranks and the pattern in the folder, as tiktoken's own loader builds it."""
    import tiktoken

    lines = (folder / "o200k_base.tiktoken").read_text().splitlines()
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}
    pattern = (folder / "pattern.txt").read_text()
    special = {"<|endoftext|>": 199999, "<|endofprompt|>": 200018}
    encoding = tiktoken.Encoding("o200k_base", pat_str=pattern, mergeable_ranks=ranks, special_tokens=special)
    return lambda texts: sum(len(encoding.encode_ordinary(text)) for text in texts)


def tokenizers_counter(folder: Path) -> Callable[[list[str]], int]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return lambda texts: sum(len(tokenizer.encode(text, add_special_tokens=False)) for text in texts)


def train(folder: Path, texts: list[str]) -> None:
    """A byte-level BPE of 8,000 tokens out of the texts."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=8000, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))


def main() -> None:
    kind, folder = sys.argv[1], Path(sys.argv[2])
    rounds = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    if kind == "train":
        train(folder, [text for texts in rounds for text in texts])
        return
    count = tiktoken_counter(folder) if kind == "tiktoken" else tokenizers_counter(folder)
    print("ready", flush=True)
    for line in sys.stdin:
        texts = rounds[int(line)]
        start = time.perf_counter()
        total = count(texts)
        print(json.dumps({"seconds": time.perf_counter() - start, "total": total}), flush=True)


main()
