"""The trainable model, the learning rate and one optimizer step."""

import math
from functools import partial
from typing import Any, Callable

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx_lm.tuner.utils import linear_to_lora_layers

from base_model import Base
from common import bad_model, bad_spec
from specs import Lora, TrainSpec


def make_trainable(base: Base, spec: TrainSpec) -> None:
    """Freezes all but the adapter, or nothing for a full training (mlx-lm's own leaves embeddings frozen)."""
    if spec.lora is None:
        if base.config.get("quantization"):
            raise bad_model(f"{base.folder} is quantized, so its weights cannot be trained; use lora, or a base that is not.")
        base.model.unfreeze()
        return
    _check_keys(base, spec.lora)
    mx.random.seed(spec.seed)  # the adapter's first values
    base.model.freeze()
    linear_to_lora_layers(base.model, spec.lora.layers, lora_parameters(spec.lora), use_dora=spec.method == "dora")


def lora_parameters(lora: Lora) -> dict[str, Any]:
    """As mlx-lm writes them into adapter_config.json."""
    parameters: dict[str, Any] = {"rank": lora.rank, "scale": lora.scale, "dropout": lora.dropout}
    return parameters if lora.keys is None else {**parameters, "keys": lora.keys}


def _check_keys(base: Base, lora: Lora) -> None:
    """mlx-lm passes over a key it does not find, which would train less than was asked."""
    known = {name for layer in base.model.layers for name, module in layer.named_modules() if hasattr(module, "weight")}
    unknown = [key for key in lora.keys or [] if key not in known]
    if unknown:
        linear = sorted(name for name in known if "norm" not in name)
        raise bad_spec(f'spec.json: "lora.keys" names {unknown[0]!r}, which no block has; there are {", ".join(linear)}.')


def learning_rate(spec: TrainSpec, step: int) -> float:
    """Of one step (the first is 1): rises over the warm-up, then follows the schedule towards zero."""
    if step <= spec.warmup_steps:
        return spec.learning_rate * step / spec.warmup_steps
    gone = (step - 1 - spec.warmup_steps) / (spec.iterations - spec.warmup_steps)
    factor = {"constant": 1.0, "linear": 1 - gone, "cosine": (1 + math.cos(math.pi * gone)) / 2}
    return spec.learning_rate * factor[spec.schedule]


def make_optimizer(spec: TrainSpec, model: Any) -> optim.AdamW:
    """AdamW as in its paper: MLX leaves the bias correction out unless asked."""
    optimizer = optim.AdamW(spec.learning_rate, weight_decay=spec.weight_decay, bias_correction=True)
    optimizer.init(model.trainable_parameters())
    return optimizer


def loss_of(model: Any, tokens: mx.array, spans: mx.array, weights: mx.array | None = None) -> tuple[mx.array, mx.array]:
    """Mean cross-entropy in nats over the tokens to learn, weighted by row, and the number of these tokens."""
    logits = model(tokens[:, :-1])
    targets = tokens[:, 1:]
    place = mx.arange(1, tokens.shape[1])
    learned = mx.logical_and(place >= spans[:, 0:1], place < spans[:, 1:])
    count = learned.sum()
    losses = nn.losses.cross_entropy(logits, targets).astype(mx.float32) * learned
    if weights is None:
        return losses.sum() / count, count
    return (losses * weights).sum() / (learned * weights).sum(), count


def make_step(spec: TrainSpec, model: Any, optimizer: optim.AdamW) -> Callable[..., tuple[mx.array, mx.array]]:
    """One step, compiled where that is enabled: (tokens, spans, row weights or nothing) → loss before the update,
    learned tokens."""
    gradient = nn.value_and_grad(model, loss_of)
    state = [model.state, optimizer.state, mx.random.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def step(tokens: mx.array, spans: mx.array, weights: mx.array | None) -> tuple[mx.array, mx.array]:
        (loss, count), gradients = gradient(model, tokens, spans, weights)
        if spec.gradient_clip is not None:
            gradients, _ = optim.clip_grad_norm(gradients, spec.gradient_clip)
        optimizer.update(model, gradients)
        return loss, count

    def run(tokens: Any, spans: Any, weights: Any = None) -> tuple[mx.array, mx.array]:
        loss, count = step(mx.array(tokens), mx.array(spans), None if weights is None else mx.array(weights))
        mx.eval(state, loss, count)
        return loss, count

    return run
