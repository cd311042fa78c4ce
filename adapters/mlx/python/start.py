"""A warm start: training begins from an earlier tuned model, with a fresh optimizer and schedule.

Going on after a crash is something else: that is `checkpoints.py`, and comes first.
"""

import json
import re
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten

from base_model import Base, check_adapter, check_base, weight_files
from chat import Chat
from common import JobError, bad_model
from specs import TrainSpec

_IDENTITY = "anneal.json"  # beside the weights of a model that Anneal has tuned
_IN_BLOCK = re.compile(r"(?:^|\.)layers\.(\d+)\.(.+)\.[^.]+$")


def start_from(base: Base, chat: Chat, spec: TrainSpec, folder: Path) -> None:
    """Puts the earlier model's weights into the trainable one; throws StartMismatch when the two do not fit."""
    if not any((folder / name).is_file() for name in ("adapter_config.json", "config.json")):
        raise bad_model(f"{folder}, to start from, is not the folder of a tuned model; train or fetch that model first.")
    config = check_adapter(folder) if (folder / "adapter_config.json").is_file() else None
    _same("method", config["fine_tune_type"] if config else "full", spec.method)
    _check_identity(chat, folder)
    if config is None:
        check_base(folder)
        weights = {name: array for path in weight_files(folder) for name, array in mx.load(str(path)).items()}
        own = dict(tree_flatten(base.model.parameters()))
    else:
        found = config.get("lora_parameters") or {}
        _same("lora.rank", found.get("rank"), spec.lora.rank)
        _same("lora.scale", found.get("scale"), spec.lora.scale)
        weights = mx.load(str(folder / "adapters.safetensors"))
        own = dict(tree_flatten(base.model.trainable_parameters()))
        _check_modules(weights, own)
    _check_shapes(weights, own)
    base.model.load_weights(list(weights.items()), strict=False)
    mx.eval(base.model.parameters())  # arrays are read lazily; the folder may be gone later


def _check_identity(chat: Chat, folder: Path) -> None:
    """The same words must become the same tokens as in the earlier training."""
    if not (folder / _IDENTITY).is_file():
        return
    found = json.loads((folder / _IDENTITY).read_text(encoding="utf-8"))
    for name, own in (("chatTemplateSha256", chat.template_sha256), ("tokenizerSha256", chat.tokenizer_sha256)):
        if found.get(name, own) != own:
            raise _mismatch(name, found[name], own, "give the base model it was tuned from")


def _check_modules(weights: dict[str, Any], own: dict[str, Any]) -> None:
    """Which blocks, and which modules in them, carry an adapter."""
    (blocks, keys), (own_blocks, own_keys) = _modules(weights), _modules(own)
    _same("lora.layers", len(blocks), len(own_blocks))
    if keys != own_keys:
        raise _mismatch("lora.keys", ", ".join(sorted(keys)), ", ".join(sorted(own_keys)), "make tune.lora.keys the same")


def _modules(weights: dict[str, Any]) -> tuple[set[str], set[str]]:
    found = [match.groups() for match in map(_IN_BLOCK.search, weights) if match]
    return {block for block, _ in found}, {key for _, key in found}


def _check_shapes(weights: dict[str, Any], own: dict[str, Any]) -> None:
    for name in sorted({*weights, *own}):
        shape, wanted = (str(list(arrays[name].shape)) if name in arrays else "missing" for arrays in (weights, own))
        if shape != wanted:
            raise _mismatch(f"the shape of {name}", shape, wanted, "give the base model it was tuned from")


def _same(field: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise _mismatch(field, found, wanted, f"set tune.{field} to {found}")


def _mismatch(field: str, found: Any, wanted: Any, remedy: str) -> JobError:
    return JobError(
        "StartMismatch",
        f"The model to start from has {field} {found}, this training {wanted}; {remedy}, or train from the base model.",
    )
