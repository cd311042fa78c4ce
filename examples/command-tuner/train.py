#!/usr/bin/env python3
"""A trainer by the contract in docs/tuners.md: mlx-lm's own LoRA training, told what to do by an order of Anneal.

    run: [python3, ./train.py]

Copy it for another trainer: read the order, train, write a progress line now and then, fill the output folder, write
result.json last. What happened before a kill is found in the job folder, so that it goes on from its last checkpoint;
mlx-lm restores weights there, not the optimizer's state nor the place in the data.
"""

import json
import os
import re
import sys
import time
import types
from datetime import datetime, timezone
from pathlib import Path

# Exit codes of docs/tuners.md.
BAD_SPEC, BAD_DATA, BAD_MODEL, NOT_AVAILABLE = 64, 65, 66, 69

JOB = Path(os.environ["ANNEAL_JOB"])
OUTPUT = Path(os.environ["ANNEAL_OUTPUT"])
CHECKPOINTS = JOB / "checkpoints"


def refuse(code: int, sentence: str):
    """The last line that is printed is what the person reads."""
    print(sentence, file=sys.stderr)
    sys.exit(code)


def event(name: str, **fields) -> None:
    at = datetime.now(timezone.utc).isoformat()
    with open(JOB / "progress.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"event": name, "at": at, **fields}) + "\n")


def write_whole(path: Path, text: str) -> None:
    """A reader sees all of it or nothing."""
    aside = path.with_name(path.name + ".tmp")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, path)


def read_order() -> tuple[dict, dict]:
    order = json.loads(Path(os.environ["ANNEAL_SPEC"]).read_text(encoding="utf-8"))
    if "folder" not in order["base"]:
        refuse(BAD_MODEL, f"The base model {order['base'].get('name')} is not on this machine; give model.base a folder.")
    if order["start"] is not None:
        refuse(BAD_SPEC, "This example starts from the base model only; set continuous.start to base.")
    if order["objective"] != "sft":
        refuse(BAD_SPEC, f"This example learns from conversations, not by {order['objective']}; set tune.objective to sft.")
    return order, order["settings"]


def write_rows(order: dict, settings: dict) -> Path:
    """Rows as mlx-lm wants them: a folder with train.jsonl and valid.jsonl."""
    folder = JOB / "data"
    folder.mkdir(exist_ok=True)
    rows = [json.loads(line) for line in (JOB / order["train"]).read_text(encoding="utf-8").splitlines()]
    if len(rows) < settings["batchSize"]:
        refuse(BAD_DATA, f"There are {len(rows)} rows, fewer than tune.batchSize {settings['batchSize']}: lower it.")
    held = rows
    if order["validation"] is not None:
        held = [json.loads(line) for line in (JOB / order["validation"]).read_text(encoding="utf-8").splitlines()]
    # mlx-lm insists on rows to validate on; where none are held out, what it says of them is not used.
    for name, some in (("train", rows), ("valid", (held if len(held) >= settings["batchSize"] else rows))):
        lines = "".join(json.dumps({"messages": row["messages"]}) + "\n" for row in some)
        write_whole(folder / f"{name}.jsonl", lines)
    return folder


def last_checkpoint() -> tuple[int, Path | None]:
    """The step of the newest checkpoint, over all starts; 0 and none for a new job."""
    found = [(int(match[1]), path) for path in CHECKPOINTS.glob("*/*_adapters.safetensors")
             if (match := re.match(r"(\d+)_", path.name))]
    steps = [(int(path.parent.name) + step, path) for step, path in found]
    return max(steps, default=(0, None))


def learned_until(step: int) -> dict:
    """Loss and tokens as they were reported by that step."""
    path = JOB / "progress.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in reversed(lines):
        if line.startswith('{"event": "step"') and line.endswith("}"):
            found = json.loads(line)
            if found["step"] <= step:
                return {"loss": found["loss"], "tokens": found["tokens"]}
    return {}


def preload_openblas() -> None:
    """mlx for Linux processors sums slowly by itself; where this Python has OpenBLAS beside it, that is put before."""
    library = Path(sys.prefix) / "lib" / "libopenblas.so"
    if library.exists() and "LD_PRELOAD" not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "LD_PRELOAD": str(library)})


def main() -> int:
    order, settings = read_order()
    preload_openblas()
    try:
        import mlx.core as mx
        from mlx_lm import load
        from mlx_lm.lora import CONFIG_DEFAULTS, load_dataset, train_model
        from mlx_lm.tuner.callbacks import TrainingCallback
    except ImportError as error:
        refuse(NOT_AVAILABLE, f"This Python has no mlx-lm ({error}); install it, or name another Python in tune.command.run.")

    if mx.default_device() == mx.Device(mx.cpu):
        mx.disable_compile()  # on a CPU a C++ compiler would run for longer than a small training
    started = time.monotonic()
    steps = settings["iterations"]
    begun, checkpoint = last_checkpoint()
    folder = CHECKPOINTS / str(begun)
    folder.mkdir(parents=True, exist_ok=True)
    event("start", step=begun, steps=steps, resumedFrom=begun or None)
    done = {"loss": None, "tokens": 0, "kept": begun, **learned_until(begun)}
    before = done["tokens"]

    class Progress(TrainingCallback):
        def on_train_loss_report(self, info):
            done.update(loss=info["train_loss"], tokens=before + info["trained_tokens"])
            event("step", step=begun + info["iteration"], steps=steps, loss=done["loss"], tokens=done["tokens"],
                  tokensPerSecond=info["tokens_per_second"])
            kept, _ = last_checkpoint()
            if kept > done["kept"]:
                done["kept"] = kept
                event("checkpoint", step=kept)

    lora = settings["lora"]
    if begun < steps:
        args = types.SimpleNamespace(**{
            **CONFIG_DEFAULTS,
            "train": True,
            "model": order["base"]["folder"],
            "data": str(write_rows(order, settings)),
            "fine_tune_type": settings["method"],
            "optimizer": "adamw",
            "seed": settings["seed"],
            "num_layers": lora["layers"],
            "batch_size": settings["batchSize"],
            "iters": steps - begun,
            "learning_rate": settings["learningRate"],
            "val_batches": 1,
            "steps_per_eval": steps + 1,
            "steps_per_report": max(1, min(10, steps // 20)),
            "save_every": settings["checkpointEvery"],
            "max_seq_length": settings["maxTokens"],
            "mask_prompt": settings["maskPrompt"],
            "adapter_path": str(folder),
            "resume_adapter_file": str(checkpoint) if checkpoint else None,
            "lora_parameters": {name: lora[name] for name in ("rank", "scale", "dropout")},
        })
        model, tokenizer = load(args.model)
        train_set, valid_set, _ = load_dataset(args, tokenizer)
        train_model(args, model, train_set, valid_set, Progress())
        checkpoint = folder / "adapters.safetensors"

    OUTPUT.mkdir(exist_ok=True)
    config = json.loads((checkpoint.parent / "adapter_config.json").read_text(encoding="utf-8"))
    # What mlx-lm needs to load it, without the paths of this machine: equal adapters are equal files.
    kept = {name: config[name] for name in ("fine_tune_type", "num_layers", "lora_parameters")}
    write_whole(OUTPUT / "adapter_config.json", json.dumps(kept, indent=2) + "\n")
    (OUTPUT / "adapters.safetensors").write_bytes(checkpoint.read_bytes())
    event("done")
    write_whole(JOB / "result.json", json.dumps({
        "kind": "adapter",
        "steps": steps,
        "finalLoss": done["loss"],
        "trainedTokens": done["tokens"],
        "seconds": round(time.monotonic() - started, 3),
        "device": "mlx",
    }))
    return 0


if __name__ == "__main__":
    sys.exit(main())
