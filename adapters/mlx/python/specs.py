"""The specs of all programs as typed values; every field is checked here once. A wrong one throws BadSpec."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import bad_spec

_MAX_SEED = 2**40  # seed * 1_000_003 + step must fit the 64 bits that MLX takes


@dataclass(frozen=True)
class Lora:
    rank: int
    scale: float
    dropout: float
    layers: int  # the last n blocks; -1: all
    keys: list[str] | None  # module names inside a block; None: every linear one


@dataclass(frozen=True)
class TrainSpec:
    base: Path
    train: Path
    method: str
    lora: Lora | None
    iterations: int
    batch_size: int
    learning_rate: float
    schedule: str
    warmup_steps: int
    weight_decay: float
    gradient_clip: float | None
    max_tokens: int
    mask_prompt: bool
    seed: int
    checkpoint_every: int
    report_every: int
    warm_start: Path | None  # folder of an earlier tuned model whose weights are the first ones
    dev_share: float | None  # of the rows, held out to choose the best checkpoint by; None: the last one


@dataclass(frozen=True)
class GenerateSpec:
    base: Path
    adapter: Path | None
    prompts: Path
    max_tokens: int
    temperature: float
    top_p: float
    seed: int
    stop: list[str]
    batch_size: int


@dataclass(frozen=True)
class ResolveSpec:
    name: str
    revision: str | None


@dataclass(frozen=True)
class ServeSpec:
    base: Path
    adapter: Path | None
    idle_seconds: float


class _Fields:
    """Reads from one JSON object; `where` prefixes the field's name in messages."""

    def __init__(self, data: Any, where: str = ""):
        if not isinstance(data, dict):
            raise bad_spec(f"spec.json: {where or 'the spec'} must be an object, found {data!r}.")
        self.data = data
        self.where = where + "." if where else ""

    def wrong(self, name: str, wanted: str) -> Exception:
        return bad_spec(f'spec.json: "{self.where}{name}" must be {wanted}, found {self.data.get(name)!r}.')

    def text(self, name: str) -> str:
        value = self.data.get(name)
        if not isinstance(value, str) or not value:
            raise self.wrong(name, "a text")
        return value

    def maybe_text(self, name: str) -> str | None:
        return None if self.data.get(name) is None else self.text(name)

    def path(self, name: str) -> Path:
        path = Path(self.text(name))
        if not path.is_absolute():
            raise self.wrong(name, "an absolute path")
        return path

    def maybe_path(self, name: str) -> Path | None:
        return None if self.data.get(name) is None else self.path(name)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        if self.data.get(name) not in choices:
            raise self.wrong(name, "one of " + ", ".join(choices))
        return self.data[name]

    def flag(self, name: str) -> bool:
        if not isinstance(self.data.get(name), bool):
            raise self.wrong(name, "true or false")
        return self.data[name]

    def integer(self, name: str, low: int, high: int = 2**31) -> int:
        value = self.data.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(name, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float = math.inf, above: bool = False) -> float:
        value = self.data.get(name)
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not fits or not low <= value <= high or (above and value == low):
            limit = "" if high == math.inf else f" and at most {high:g}"
            raise self.wrong(name, f"a number {'above' if above else 'of at least'} {low:g}{limit}")
        return float(value)

    def texts(self, name: str) -> list[str]:
        value = self.data.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(name, "a list of non-empty texts")
        return value


def _lora(data: Any) -> Lora:
    fields = _Fields(data, "lora")
    layers = fields.integer("layers", -1)
    if layers == 0:
        raise fields.wrong("layers", "-1 for all blocks, or 1 and more for the last ones")
    keys = None if fields.data.get("keys") is None else fields.texts("keys")
    if keys == []:
        raise fields.wrong("keys", "null for every linear module, or a list that names some")
    return Lora(
        rank=fields.integer("rank", 1, 4096),
        scale=fields.number("scale", 0, above=True),
        dropout=fields.number("dropout", 0, 0.99),
        layers=layers,
        keys=keys,
    )


def _dev_share(data: Any) -> float | None:
    if data is None:
        return None
    fields = _Fields(data, "choose")
    share = fields.number("dev", 0, 0.5, above=True)
    return share if fields.choice("checkpoint", ("last", "best")) == "best" else None


def train_spec(data: dict[str, Any]) -> TrainSpec:
    fields = _Fields(data)
    method = fields.choice("method", ("lora", "dora", "full"))
    spec = TrainSpec(
        base=fields.path("base"),
        train=fields.path("train"),
        method=method,
        lora=None if method == "full" else _lora(data.get("lora")),
        iterations=fields.integer("iterations", 1),
        batch_size=fields.integer("batchSize", 1, 65536),
        learning_rate=fields.number("learningRate", 0, 10, above=True),
        schedule=fields.choice("schedule", ("constant", "cosine", "linear")),
        warmup_steps=fields.integer("warmupSteps", 0),
        weight_decay=fields.number("weightDecay", 0),
        gradient_clip=None if data.get("gradientClip") is None else fields.number("gradientClip", 0, above=True),
        max_tokens=fields.integer("maxTokens", 2),
        mask_prompt=fields.flag("maskPrompt"),
        seed=fields.integer("seed", 0, _MAX_SEED),
        checkpoint_every=fields.integer("checkpointEvery", 1),
        report_every=fields.integer("reportEvery", 1),
        warm_start=fields.maybe_path("warmStart"),
        dev_share=_dev_share(data.get("choose")),
    )
    if spec.warmup_steps >= spec.iterations:
        raise fields.wrong("warmupSteps", f"below iterations ({spec.iterations})")
    return spec


def generate_spec(data: dict[str, Any]) -> GenerateSpec:
    fields = _Fields(data)
    decoding = _Fields(data.get("decoding"), "decoding")
    return GenerateSpec(
        base=fields.path("base"),
        adapter=fields.maybe_path("adapter"),
        prompts=fields.path("prompts"),
        max_tokens=decoding.integer("maxTokens", 1),
        temperature=decoding.number("temperature", 0),
        top_p=decoding.number("topP", 0, 1, above=True),
        seed=decoding.integer("seed", 0, _MAX_SEED),
        stop=decoding.texts("stop"),
        batch_size=fields.integer("batchSize", 1, 65536),
    )


def resolve_spec(data: dict[str, Any]) -> ResolveSpec:
    fields = _Fields(data)
    return ResolveSpec(name=fields.text("name"), revision=fields.maybe_text("revision"))


def serve_spec(data: dict[str, Any]) -> ServeSpec:
    fields = _Fields(data)
    return ServeSpec(
        base=fields.path("base"),
        adapter=fields.maybe_path("adapter"),
        idle_seconds=fields.number("idleSeconds", 0, above=True),
    )
