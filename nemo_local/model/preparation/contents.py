"""What a source offers, and which of its files the platform takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from nemo_local.model.errors import ModelRefused

# Configuration and tokenizer. Nothing that could hold code, and no second copy of the weights in another format.
_FILES = frozenset(
    {
        *("config.json", "generation_config.json", "model.safetensors.index.json", "chat_template.jinja"),
        *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
        *("vocab.json", "merges.txt", "tokenizer.model"),
    }
)
_WHOLE, _SHARD = "model.safetensors", re.compile(r"model-\d+-of-\d+\.safetensors")


class PreparationError(RuntimeError):
    """A model could not be fetched. The message says what failed, why, and what to do."""


@dataclass(frozen=True)
class Contents:
    """What a source offers.

    Args:
        config: its ``config.json``.
        sizes: the files to take, and the size of each in bytes.
        revision: the commit, where it has one.
        license: as the source names it.
    """

    config: dict[str, Any]
    sizes: dict[str, int]
    revision: str | None = None
    license: str | None = None

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(self.sizes.values())


def wanted(sizes: dict[str, int]) -> dict[str, int]:
    """Those of a source's files that the platform takes.

    Raises:
        ModelRefused: there is no ``config.json`` among them.
    """
    if "config.json" not in sizes:
        raise ModelRefused("it has no config.json, so it is not a Hugging Face model. Check the name.")
    weights = {_WHOLE} if _WHOLE in sizes else {name for name in sizes if _SHARD.fullmatch(name)}
    return {name: size for name, size in sizes.items() if name in _FILES or name in weights}
