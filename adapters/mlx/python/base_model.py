"""Checks and loads a base folder in the Hugging Face layout; a fault is BadModel with the folder and the file."""

import ctypes
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import JobError, bad_model

_SMALL = 64 * 2**20  # bytes of weights
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")


@dataclass(frozen=True)
class Base:
    folder: Path
    model: Any
    tokenizer: Any  # mlx-lm's wrapper
    config: dict[str, Any]

    @property
    def vocab_size(self) -> int | None:
        """Token ids the model knows; None where the config does not say."""
        return self.config.get("vocab_size") or self.config.get("text_config", {}).get("vocab_size")


def check_base(folder: Path) -> None:
    """Finds what is missing or cut off before any weight is read; costs milliseconds."""
    if not folder.is_dir():
        raise bad_model(f"The base folder {folder} does not exist; resolve or copy the model first.")
    config = _read_json(folder, "config.json")
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise bad_model(f"{folder}: config.json names no model_type; take a folder made for transformers or mlx-lm.")
    found = [name for name in _TOKENIZER_FILES if (folder / name).is_file()]
    if not found:
        raise bad_model(f"{folder} has no tokenizer ({', '.join(_TOKENIZER_FILES)}); copy the model's tokenizer files.")
    for path in weight_files(folder):
        check_safetensors(path)


def weight_files(folder: Path) -> list[Path]:
    """Those of a model folder, by name, after checking that none is missing."""
    index = folder / "model.safetensors.index.json"
    files = sorted(folder.glob("model*.safetensors"))
    if index.exists():
        weights = _read_json(folder, index.name).get("weight_map", {})
        missing = sorted(set(weights.values()) - {path.name for path in files})
        if missing:
            raise bad_model(f"{folder} lacks {missing[0]}, which {index.name} lists; download the model again.")
    if not files:
        raise bad_model(f"{folder} has no model*.safetensors; mlx-lm reads no other kind of weights.")
    return files


def _read_json(folder: Path, name: str) -> Any:
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise bad_model(f"{folder} has no {name}; give the folder of a complete model.") from error
    except (OSError, ValueError) as error:
        raise bad_model(f"{folder}: {name} cannot be read as JSON ({error}); download the model again.") from error


def check_safetensors(path: Path) -> None:
    """Compares the file's length with its header: MLX would read a cut-off file's end as garbage or fail late."""
    size = os.stat(path).st_size
    try:
        with open(path, "rb") as file:
            header_size = int.from_bytes(file.read(8), "little")
            if size < 8 or header_size > size - 8:
                raise ValueError("its header is cut off")
            header = json.loads(file.read(header_size))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise bad_model(f"{path.parent}: {path.name} is not a whole safetensors file ({error}); copy it again.") from error
    wanted = 8 + header_size + max(ends, default=0)
    if size != wanted:
        raise bad_model(f"{path.parent}: {path.name} has {size} bytes of {wanted}; copy or download it again.")


def load_base(folder: Path) -> Base:
    """Loads model and tokenizer, running no code from the folder."""
    check_base(folder)
    _choose_threads(folder)
    import mlx.core as mx
    from mlx_lm.utils import load_model, load_tokenizer

    if device() == "cpu":
        # There MLX compiles with g++ into a folder that all users and processes share; it
        # gains nothing measurable (5.7 against 5.6 steps a second) and results are the same.
        mx.disable_compile()
    try:
        model, config = load_model(folder)
        tokenizer = load_tokenizer(folder, {"trust_remote_code": False}, eos_token_ids=config.get("eos_token_id"))
    except (MemoryError, JobError):
        raise
    except Exception as error:
        if "allocate" in str(error):
            raise
        reason = " ".join(str(error).split())[:300]
        raise bad_model(f"{folder} cannot be loaded: {reason} Take a model that mlx-lm supports.") from error
    return Base(folder, model, tokenizer, config)


def _choose_threads(folder: Path) -> None:
    """One BLAS thread for a small model: a second gains it little, but waits spinning, which on a busy machine costs many times.

    Speed only: the sums, and so the bytes of a result, are the same.
    """
    if "OPENBLAS_NUM_THREADS" in os.environ or sum(path.stat().st_size for path in weight_files(folder)) > _SMALL:
        return
    set_threads = getattr(ctypes.CDLL(None), "openblas_set_num_threads", None)
    if set_threads is not None:
        set_threads(1)


def check_adapter(folder: Path) -> dict[str, Any]:
    """The adapter's config, after checking that both its files are whole."""
    if not folder.is_dir():
        raise bad_model(f"The adapter folder {folder} does not exist; train or fetch the adapter first.")
    config = _read_json(folder, "adapter_config.json")
    if not (folder / "adapters.safetensors").is_file():
        raise bad_model(f"{folder} has no adapters.safetensors; give the output folder of a LoRA or DoRA training.")
    check_safetensors(folder / "adapters.safetensors")
    if not isinstance(config, dict) or config.get("fine_tune_type") not in ("lora", "dora"):
        raise bad_model(f"{folder}: adapter_config.json is not of a lora or dora adapter; give a full model as the base.")
    return config


def apply_adapter(base: Base, folder: Path) -> None:
    """Puts an adapter on the base; throws BadModel when the two do not fit."""
    check_adapter(folder)
    from mlx_lm.tuner.utils import load_adapters

    try:
        load_adapters(base.model, str(folder))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise bad_model(f"The adapter {folder} does not fit the base {base.folder}: {reason}") from error
    base.model.eval()


def check_tokens(base: Base, tokens: list[int], row: str) -> None:
    """MLX reads an id past the embeddings as garbage without an error, so look first."""
    if base.vocab_size is not None and max(tokens) >= base.vocab_size:
        raise bad_model(
            f"{base.folder}: the tokenizer gives id {max(tokens)} in row {row!r}, but the model knows "
            f"{base.vocab_size}; use the tokenizer this model was made with."
        )


def device() -> str:
    """'cpu' or 'gpu': what MLX computes on."""
    import mlx.core as mx

    return mx.default_device().type.name

