"""Checkpoints of a training: weights, the optimizer's state and the loss so far, all or nothing."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten, tree_map_with_path

from common import new_folder, to_json

_KEEP = 2  # the newest may be broken by a disk fault; one before it is enough
_FILES = ("weights.safetensors", "optimizer.safetensors")


def save_arrays(path: Path, tree: Any) -> None:
    """A safetensors file whose bytes depend on the arrays only; the names are sorted."""
    mx.save_safetensors(str(path), dict(sorted(tree_flatten(tree))))


def save(root: Path, step: int, model: Any, optimizer: Any, state: dict[str, Any]) -> None:
    """Writes `<root>/<step>/` and drops all but the newest two."""
    with new_folder(root / str(step)) as aside:
        save_arrays(aside / _FILES[0], model.trainable_parameters())
        save_arrays(aside / _FILES[1], optimizer.state)
        sums = {name: sha256(aside / name) for name in _FILES}
        (aside / "state.json").write_text(to_json({**state, "step": step, "sha256": sums}), encoding="utf-8")
    for old in _steps(root)[:-_KEEP]:
        shutil.rmtree(root / str(old))
    _drop_beaten(root)


def resume(root: Path, spec_digest: str, model: Any, optimizer: Any) -> dict[str, Any] | None:
    """Puts the newest whole checkpoint of this spec into model and optimizer; None when there is none."""
    for half_written in root.glob("*.tmp"):
        shutil.rmtree(half_written, ignore_errors=True)
    for step in reversed(_steps(root)):
        folder = root / str(step)
        try:
            state = _read(folder, spec_digest)
            _check_best(root, state)
            _restore(folder, model, optimizer)
            return state
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            print(f"Checkpoint {step} is not usable ({error}); taking the one before it.", file=sys.stderr)
            shutil.rmtree(folder, ignore_errors=True)
    return None


def _steps(root: Path) -> list[int]:
    """Steps with a checkpoint, oldest first; what a crash left half-written has another name."""
    if not root.is_dir():
        return []
    return sorted(int(entry.name) for entry in os.scandir(root) if entry.name.isascii() and entry.name.isdigit())


def _read(folder: Path, spec_digest: str) -> dict[str, Any]:
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    if state["specDigest"] != spec_digest:
        raise ValueError("it belongs to another spec or other rows")
    for name in _FILES:
        if sha256(folder / name) != state["sha256"][name]:
            raise ValueError(f"{name} is damaged")
    return state


def _check_best(root: Path, state: dict[str, Any]) -> None:
    best = state.get("best")
    if best and sha256(root / f"best-{best['step']}" / _FILES[0]) != best["sha256"]:
        raise ValueError("the best weights it names are damaged")


def _drop_beaten(root: Path) -> None:
    """Removes best weights that no checkpoint names any more."""
    states = [json.loads((root / str(step) / "state.json").read_text(encoding="utf-8")) for step in _steps(root)]
    named = {f"best-{state['best']['step']}" for state in states if "best" in state}
    for path in root.glob("best-*"):
        if named and path.name not in named:
            shutil.rmtree(path, ignore_errors=True)


def _restore(folder: Path, model: Any, optimizer: Any) -> None:
    weights, moments = (mx.load(str(folder / name)) for name in _FILES)
    if set(weights) != set(dict(tree_flatten(model.trainable_parameters()))):
        raise ValueError("its weights are of another model")
    state = tree_map_with_path(lambda path, _: moments[path], optimizer.state)
    mx.eval(weights, state)  # arrays are read lazily; the folder may be gone later
    model.load_weights(list(weights.items()), strict=False)
    optimizer.state = state


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
