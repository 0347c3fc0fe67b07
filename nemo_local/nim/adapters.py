"""Checks a PEFT adapter before it is served.

OpenVINO GenAI accepts any safetensors file and only warns about tensors it cannot place: the model would answer like
its base, under the adapter's name. So every tensor is checked here against the base model first.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

from safetensors import SafetensorError, safe_open

from nemo_local.model.architectures import read_facts

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"

_TENSOR = re.compile(r"base_model\.model\.model\.layers\.(\d+)\.(?:self_attn|mlp)\.(\w+)\.lora_([AB])\.weight")

# Settings of PEFT's LoraConfig that change what the weights mean and that the engine does not know; falsy when unused.
_UNSUPPORTED = (
    "use_dora",
    "modules_to_save",
    "rank_pattern",
    "alpha_pattern",
    "lora_bias",
    "fan_in_fan_out",
    "layer_replication",
)


class AdapterError(ValueError):
    """The adapter cannot be served with this base model."""


def scaling(adapter: Path) -> float:
    """What PEFT multiplies the product of the adapter's two matrices with."""
    config = _read_config(adapter)
    rank = math.sqrt(config["r"]) if config.get("use_rslora") else config["r"]
    return config["lora_alpha"] / rank


def check_adapter(adapter: Path, model: Path) -> None:
    """Check that every tensor of an adapter belongs to the base model and has its shape.

    Args:
        adapter: folder with PEFT's two files.
        model: folder of the base model, with its ``config.json``.

    Raises:
        AdapterError: with the tensor or the setting that does not fit.
    """
    config = _read_config(adapter)
    if config.get("peft_type") != "LORA":
        raise AdapterError(f"peft_type is {config.get('peft_type')!r}; only LORA can be served")
    used = [name for name in _UNSUPPORTED if config.get(name)]
    if used or config.get("bias", "none") != "none":
        raise AdapterError(f"the engine does not support these settings of {CONFIG}: {', '.join(used) or 'bias'}")
    base = read_facts(model)
    sizes = base.projections
    try:
        with safe_open(adapter / WEIGHTS, framework="numpy") as tensors:
            shapes = {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise AdapterError(f"{WEIGHTS} cannot be read: {error}") from error
    if not shapes:
        raise AdapterError(f"{WEIGHTS} holds no tensors")
    for name, shape in shapes.items():
        found = _TENSOR.fullmatch(name)
        if not found or int(found[1]) >= base.num_layers or found[2] not in sizes:
            raise AdapterError(f"the base model has no place for the tensor {name}")
        size_in, size_out = sizes[found[2]]
        expected = (config["r"], size_in) if found[3] == "A" else (size_out, config["r"])
        if shape != expected:
            raise AdapterError(f"the tensor {name} has the shape {shape}; the base model needs {expected}")


def _read_config(adapter: Path) -> dict:
    try:
        config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
        if config["r"] <= 0 or config["lora_alpha"] <= 0:
            raise ValueError("r and lora_alpha must be positive")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AdapterError(f"{CONFIG} cannot be used: {error!r}") from error
    return config
