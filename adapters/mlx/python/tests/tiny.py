"""A tiny random Qwen2 with its tokenizer, rows for it, and jobs run as their own processes."""

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

PROGRAMS = Path(__file__).resolve().parent.parent
_WORDS = "refund delivery invoice late broken card parcel account password order".split()
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build_base(folder: Path, template: str | None = _TEMPLATE, hidden: int = 32) -> Path:
    """31,000 parameters with a width of 32, the same ones every time."""
    import mlx.core as mx
    from mlx.utils import tree_flatten
    from mlx_lm.models.qwen2 import Model, ModelArgs

    folder.mkdir(parents=True)
    vocabulary = _save_tokenizer(folder, template)
    config = {
        "model_type": "qwen2", "hidden_size": hidden, "num_hidden_layers": 2, "intermediate_size": 64,
        "num_attention_heads": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-6, "vocab_size": vocabulary,
        "tie_word_embeddings": True, "eos_token_id": 2, "_name_or_path": "/somewhere/else",
    }
    (folder / "config.json").write_text(json.dumps(config))
    mx.random.seed(7)
    weights = dict(tree_flatten(Model(ModelArgs.from_dict(config)).parameters()))
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "mlx"})
    return folder


def _save_tokenizer(folder: Path, template: str | None) -> int:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
    )
    tokenizer.train_from_iterator([" ".join(["user", "assistant", *_WORDS])] * 10, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    if template:
        config["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return tokenizer.get_vocab_size()


def write_rows(path: Path, count: int, answered: bool, words: int = 6) -> Path:
    """Each answer is the first word of its question."""
    chance = random.Random(count)
    with open(path, "w") as file:
        for number in range(count):
            said = [chance.choice(_WORDS) for _ in range(chance.randint(2, words))]
            messages = [{"role": "user", "content": " ".join(said)}]
            if answered:
                messages.append({"role": "assistant", "content": said[0]})
            file.write(json.dumps({"id": f"row-{number}", "messages": messages, "reference": said[0]}) + "\n")
    return path


class RunningJob:
    """A job folder and what ran in it."""

    def __init__(self, folder: Path, spec: dict[str, Any]):
        self.folder = folder
        self.kind = spec["kind"]
        folder.mkdir(parents=True)
        (folder / "spec.json").write_text(json.dumps(spec))

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(PROGRAMS / f"{self.kind}.py"), "--job", str(self.folder)]
        with open(self.folder / "log.txt", "ab") as log:
            return subprocess.Popen(command, stderr=log, start_new_session=True, env={**os.environ, **environment})

    def run(self, **environment: str) -> int:
        """To its end; returns the exit code."""
        return self.start(**environment).wait(60)

    def stop_when(self, ready: Callable[["RunningJob"], bool], signal: int) -> int:
        """Sends the signal as soon as `ready`; returns the exit code."""
        process = self.start()
        while process.poll() is None and not ready(self):
            time.sleep(0.002)
        process.send_signal(signal)
        return process.wait(60)

    def events(self) -> list[dict[str, Any]]:
        """The progress lines that are whole."""
        found = []
        path = self.folder / "progress.jsonl"
        for line in path.read_text().split("\n") if path.exists() else []:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def has(self, event: str, step: int) -> bool:
        return any(found["event"] == event and found.get("step", 0) >= step for found in self.events())

    def error(self) -> tuple[str, str]:
        """Type and message of the last event, which must be an error."""
        last = self.events()[-1]
        return last["type"], last["message"]

    def result(self) -> dict[str, Any]:
        return json.loads((self.folder / "result.json").read_text())

    def sha256(self, name: str) -> str:
        return hashlib.sha256((self.folder / "output" / name).read_bytes()).hexdigest()
