"""Trains an adapter or a whole model: `python train.py --job <folder>`.

A run that is stopped or killed goes on from its newest checkpoint, and ends with
the same bytes as one that was not. A warm start (`start.py`) is for a run that has none yet.
"""

import hashlib
import json
import math
import time
from pathlib import Path
from typing import Any

from common import Job, JobError, bad_data, interrupted, new_folder, offline, run_job
from rows import read_rows
from specs import TrainSpec, train_spec

_FINAL_REPORTS = 3  # finalLoss is the mean of so many reports: one alone is noisy
_DROPPED_NAMED = 20


def train(job: Job, data: dict[str, Any]) -> dict[str, Any]:
    """From spec to output folder; returns the result."""
    spec = train_spec(data)
    rows = read_rows(spec.train)
    offline()
    from base_model import check_tokens, load_base
    from chat import Chat
    from choice import hold_out

    base = load_base(spec.base)
    chat = Chat(base)
    examples = [chat.example(row, spec.mask_prompt) for row in rows]
    kept = [example for example in examples if len(example.tokens) <= spec.max_tokens]
    dropped = [example for example in examples if len(example.tokens) > spec.max_tokens]
    if not kept:
        shortest = min(len(example.tokens) for example in dropped)
        raise bad_data(f"All {len(rows)} rows are over maxTokens {spec.max_tokens}; the shortest has {shortest}.")
    for example in kept:
        check_tokens(base, example.tokens, example.id)
    rows_kept, dev = (kept, []) if spec.dev_share is None else hold_out(kept, spec.dev_share)
    learned = _fit(job, spec, base, chat, rows_kept, dev, _digest(data, spec))
    return {
        **learned,
        "rows": len(rows_kept),
        "droppedCount": len(dropped),
        "droppedRows": [example.id for example in dropped[:_DROPPED_NAMED]],
        "chatTemplateSha256": chat.template_sha256,
        "tokenizerSha256": chat.tokenizer_sha256,
    }


def _digest(data: dict[str, Any], spec: TrainSpec) -> str:
    """What a checkpoint must agree with: the spec and the rows."""
    rows = hashlib.sha256(spec.train.read_bytes()).hexdigest()
    return hashlib.sha256((json.dumps(data, sort_keys=True) + rows).encode("utf-8")).hexdigest()


def _fit(
    job: Job, spec: TrainSpec, base: Any, chat: Any, examples: list[Any], dev: list[Any], digest: str
) -> dict[str, Any]:
    import checkpoints
    import mlx.core as mx
    from base_model import device
    from choice import Choice
    from mlx.utils import tree_flatten
    from mlx_lm.utils import get_total_parameters
    from start import start_from
    from tuning import make_optimizer, make_trainable

    total = get_total_parameters(base.model)
    make_trainable(base, spec)
    optimizer = make_optimizer(spec, base.model)
    state = checkpoints.resume(job.folder / "checkpoints", digest, base.model, optimizer)
    resumed = state["step"] if state else None
    if state is None and spec.warm_start:
        start_from(base, chat, spec, spec.warm_start)
    state = state or {"specDigest": digest, "step": 0, "window": [], "reports": [], "firstLoss": None, "trainedTokens": 0}
    choice = Choice(job.folder / "checkpoints", dev, spec.batch_size) if dev else None
    job.start(state["step"], spec.iterations)
    _loop(job, spec, base.model, optimizer, examples, choice, state)
    if choice:
        choice.restore(base.model, state)
    trainable = [array for _, array in tree_flatten(base.model.trainable_parameters())]
    if not all(mx.all(mx.isfinite(array)).item() for array in trainable):
        raise _diverged(spec, spec.iterations, "weights")
    _write_output(job.folder, spec, base)
    return {
        "steps": int(optimizer.step.item()),
        "resumedFrom": resumed,
        "firstLoss": state["firstLoss"],
        "finalLoss": _mean(state["reports"]),
        "trainedTokens": state["trainedTokens"],
        **({"devRows": len(dev), "dev": state["dev"], "bestStep": state["best"]["step"]} if choice else {}),
        "epochs": round(spec.iterations * spec.batch_size / len(examples), 4),
        "seconds": round(job.seconds(), 3),
        "trainableParameters": sum(array.size for array in trainable),
        "totalParameters": total,
        "peakMemoryBytes": mx.get_peak_memory(),
        "device": device(),
    }


def _loop(
    job: Job, spec: TrainSpec, model: Any, optimizer: Any, examples: list[Any], choice: Any, state: dict[str, Any]
) -> None:
    """Runs the remaining steps; `state` follows the loss and is what a checkpoint keeps."""
    import checkpoints
    import mlx.core as mx
    from batches import batch_rows, pad_batch, row_weights
    from tuning import learning_rate, make_step

    run_step = make_step(spec, model, optimizer)
    first, read, since = state["step"], 0, time.monotonic()
    weighted = any(example.weight != 1 for example in examples)
    model.train()
    for step in range(first + 1, spec.iterations + 1):
        batch = [examples[row] for row in batch_rows(step, spec.batch_size, len(examples), spec.seed)]
        mx.random.seed(spec.seed * 1_000_003 + step)  # dropout depends on the step, not on the steps before
        optimizer.learning_rate = learning_rate(spec, step)
        loss, count = run_step(*pad_batch(batch), row_weights(batch) if weighted else None)
        _note(spec, state, step, loss.item(), count.item())
        read += sum(len(example.tokens) for example in batch)
        if not state["window"]:
            rate = read / max(time.monotonic() - since, 1e-9)
            read, since = 0, time.monotonic()
            job.step(step, spec.iterations, rate, first, loss=state["reports"][-1])
        stopping = job.stopping and step < spec.iterations
        due = step % spec.checkpoint_every == 0
        if choice and (due or step == spec.iterations):
            job.event("dev", step=step, loss=choice.look(step, model, state))
        if stopping or due:
            checkpoints.save(job.folder / "checkpoints", step, model, optimizer, state)
            job.event("checkpoint", step=step)
        if stopping:
            raise interrupted(f"Stopped after step {step} of {spec.iterations}, checkpoint kept; start the job again to go on.")


def _note(spec: TrainSpec, state: dict[str, Any], step: int, loss: float, count: int) -> None:
    """Adds one step's loss; an empty window afterwards means that a report is due."""
    if not math.isfinite(loss):
        raise _diverged(spec, step, "loss")
    state["step"] = step
    state["trainedTokens"] += count
    state["window"].append(loss)
    if step % spec.report_every == 0 or step == spec.iterations:
        state["reports"] = [*state["reports"], _mean(state["window"])][-_FINAL_REPORTS:]
        state["window"] = []
        if state["firstLoss"] is None:
            state["firstLoss"] = state["reports"][0]


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 6)


def _diverged(spec: TrainSpec, step: int, what: str) -> JobError:
    return JobError(
        "BadSpec",
        f"The {what} became NaN or infinite at step {step} with learningRate {spec.learning_rate:g}; "
        f"try {spec.learning_rate / 10:g}, or set gradientClip to 1.",
    )


def _write_output(folder: Path, spec: TrainSpec, base: Any) -> None:
    from outputs import write_adapter, write_model

    with new_folder(folder / "output") as aside:
        if spec.lora is None:
            write_model(aside, base)
        else:
            write_adapter(aside, spec, base)


if __name__ == "__main__":
    run_job("train", train)
