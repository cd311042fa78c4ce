"""Keeps the weights with the least loss on rows held out of training (`choose`); the test set has no part in it."""

import hashlib
from pathlib import Path
from typing import Any

import mlx.core as mx

from batches import pad_batch
from checkpoints import save_arrays, sha256
from common import JobError, bad_data, new_folder
from tuning import loss_of


def hold_out(examples: list[Any], share: float) -> tuple[list[Any], list[Any]]:
    """Rows to learn from, and rows to choose by. A row's side depends on its id alone, so it keeps it."""
    dev = [example for example in examples if _position(example.id) < share]
    train = [example for example in examples if _position(example.id) >= share]
    if not dev or not train:
        side = "to choose by" if not dev else "to learn from"
        raise bad_data(f"choose.dev {share:g} of {len(examples)} rows leaves none {side}; change it, or bring more rows.")
    return train, dev


def _position(id: str) -> float:
    return int.from_bytes(hashlib.sha256(f"dev {id}".encode("utf-8")).digest()[:6], "big") / 2**48


class Choice:
    """`state["dev"]` holds the loss at every look, `state["best"]` the step whose weights are kept."""

    def __init__(self, root: Path, dev: list[Any], batch_size: int):
        self.root = root
        self.dev = sorted(dev, key=lambda example: len(example.tokens))  # neighbours in length: the least padding
        self.batch_size = batch_size

    def look(self, step: int, model: Any, state: dict[str, Any]) -> float:
        """Measures, and keeps the weights when they are the best so far. The first of equal ones is kept."""
        loss = self._loss(model)
        state.setdefault("dev", []).append({"step": step, "loss": loss})
        if "best" not in state or loss < state["best"]["loss"]:
            with new_folder(self.root / f"best-{step}") as aside:
                save_arrays(aside / "weights.safetensors", model.trainable_parameters())
                state["best"] = {"step": step, "loss": loss, "sha256": sha256(aside / "weights.safetensors")}
        return loss

    def restore(self, model: Any, state: dict[str, Any]) -> None:
        """Puts the best weights into the model."""
        best = state["best"]
        path = self._path(best["step"])
        if not path.exists() or sha256(path) != best["sha256"]:
            raise JobError("DamagedCheckpoint", f"{path.parent.name}, the best of the checkpoints, is damaged; start the training anew.")
        model.load_weights(list(mx.load(str(path)).items()), strict=False)
        mx.eval(model.parameters())

    def _loss(self, model: Any) -> float:
        model.eval()
        total = learned = 0.0
        for start in range(0, len(self.dev), self.batch_size):
            tokens, spans = pad_batch(self.dev[start : start + self.batch_size])
            loss, count = loss_of(model, mx.array(tokens), mx.array(spans))
            mx.eval(loss, count)
            total += loss.item() * count.item()
            learned += count.item()
        model.train()
        return round(total / learned, 6)

    def _path(self, step: int) -> Path:
        return self.root / f"best-{step}" / "weights.safetensors"
