"""What a training leaves behind. Nothing in it depends on the time, the machine's folders or the job."""

import shutil
from pathlib import Path
from typing import Any

from mlx_lm.utils import save_config, save_model

from base_model import Base
from checkpoints import save_arrays
from common import to_json
from specs import TrainSpec
from tuning import lora_parameters

# Copied byte for byte: saving the tokenizer again would rewrite them and change their digest.
_COPIED = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt", "*.tiktoken",
           "chat_template*", "generation_config.json")


def write_adapter(folder: Path, spec: TrainSpec, base: Base) -> None:
    """An adapter that `mlx_lm.load(base, adapter_path=folder)` reads."""
    blocks = len(base.model.layers)
    layers = blocks if spec.lora.layers == -1 else min(spec.lora.layers, blocks)
    config = {
        "fine_tune_type": spec.method,
        "lora_parameters": lora_parameters(spec.lora),
        "num_layers": layers,
    }
    save_arrays(folder / "adapters.safetensors", base.model.trainable_parameters())
    (folder / "adapter_config.json").write_text(to_json(config, indent=2) + "\n", encoding="utf-8")


def write_model(folder: Path, base: Base) -> None:
    """A whole model folder that `mlx_lm.load(folder)` reads."""
    save_model(folder, base.model)
    # Named only where it is needed: the mlx-lm for Python 3.10 does not know it, nor models with a vision tower.
    keep = {"keep_vision_config": True} if "vision_tower" in getattr(base.model, "model", {}) else {}
    save_config(_without_paths(base.config), folder / "config.json", **keep)
    for pattern in _COPIED:
        for path in sorted(base.folder.glob(pattern)):
            if path.is_file():
                shutil.copyfile(path, folder / path.name)


def _without_paths(config: Any) -> Any:
    """transformers notes where a config was read from, also in nested ones."""
    if not isinstance(config, dict):
        return config
    return {name: _without_paths(value) for name, value in config.items() if name != "_name_or_path"}
