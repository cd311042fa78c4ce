"""The same preparation with Hugging Face datasets: pipeline.py FILE FOLDER SHORTEST_ANSWER.

Reads chat rows, drops those that repeat an earlier one or have a short answer, splits off 5 % and writes both
parts. Prints seconds, peak memory and rows as JSON.
"""

import hashlib
import json
import resource
import sys
import time
import unicodedata
from pathlib import Path

path, folder, shortest = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

from datasets import disable_progress_bars, load_dataset

seen = set()


def canonical(text):
    return " ".join(unicodedata.normalize("NFC", text).split())


def keep(batch):
    kept = []
    for messages in batch["messages"]:
        said = "\x01".join(f"{message['role']}\x00{canonical(message['content'])}" for message in messages)
        key = hashlib.sha256(said.encode()).digest()[:8]
        is_new = key not in seen
        seen.add(key)
        kept.append(is_new and len(messages[-1]["content"].strip()) >= shortest)
    return kept


disable_progress_bars()
start = time.perf_counter()
rows = load_dataset("json", data_files=path, split="train", cache_dir=str(folder / "cache"))
rows = rows.filter(keep, batched=True, load_from_cache_file=False)
parts = rows.train_test_split(test_size=0.05, seed=1)
for name in ("train", "test"):
    parts[name].to_json(folder / f"{name}.jsonl")
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(
    json.dumps(
        {
            "seconds": seconds,
            # KiB on Linux, bytes on a Mac.
            "megabytes": peak / (1024 * 1024 if sys.platform == "darwin" else 1024),
            "train": len(parts["train"]),
            "test": len(parts["test"]),
        }
    )
)
