"""The base models of this platform: which there are, what they are, and where their files are.

The built-in model needs nothing: its files are made on first use. Every other one was prepared from a folder or from a
Hub, and has a folder ``<home>/base-models/<namespace>/<name>``, which is complete or not there at all:

- ``hf/``: what the Customizer trains on;
- ``openvino/``: what the NIM serves;
- ``model.json``: where it comes from.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nemo_local.common.names import check_name
from nemo_local.model import base_model
from nemo_local.model.architectures import ModelFacts, facts
from nemo_local.settings import Settings

HF, OPENVINO, ORIGIN = "hf", "openvino", "model.json"
_PRECISIONS = {"float16": "fp16", "bfloat16": "bf16", "float32": "fp32"}


class UnknownModel(LookupError):
    """The platform has no base model of that name. The message lists those it has."""


@dataclass(frozen=True)
class BaseModel:
    """A base model that can be trained and served.

    Args:
        name: ``namespace/name`` in lower case, as requests name it.
        facts: what its configuration says.
        source: where it comes from: the address of a repository, or a folder.
        license: as its repository or model card names it; None if unknown.
        precision: number format of its weights, by NeMo's name.
        built_in: whether the platform makes its files itself.
    """

    name: str
    facts: ModelFacts
    source: str
    license: str | None
    precision: str
    built_in: bool = False

    @property
    def spec(self) -> dict[str, Any]:
        """``spec`` of its record in the Entity Store."""
        return {
            "context_size": self.facts.context_length,
            "is_chat": True,
            "num_parameters": self.facts.num_parameters,
            "num_virtual_tokens": 0,
        }

    @property
    def hub_name(self) -> str:
        """What an adapter's own files call it: its name on the Hub it comes from, and never a path of this machine."""
        return self.source.removeprefix("hf://").partition("@")[0] if self.source.startswith("hf://") else self.name


class BaseModels:
    """The base models of one platform. It asks the file system each time, so that all processes agree.

    Args:
        settings: of the platform.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._home = settings.home / "base-models"

    def all(self) -> list[BaseModel]:
        """The base models, the built-in one first, the others by name."""
        added = sorted(path.parent for path in self._home.glob(f"[!.]*/*/{ORIGIN}"))
        return [_built_in(), *(self.get(f"{folder.parent.name}/{folder.name}") for folder in added)]

    def has(self, name: str) -> bool:
        """Whether there is a base model of that name."""
        try:
            return name == base_model.BASE_MODEL_NAME or (self.folder(name) / ORIGIN).is_file()
        except UnknownModel:  # not even a name
            return False

    def get(self, name: str) -> BaseModel:
        """The base model of that name. Raises UnknownModel."""
        if name == base_model.BASE_MODEL_NAME:
            return _built_in()
        folder = self.folder(name)
        try:
            origin = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
            config = json.loads((folder / HF / "config.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            known = ", ".join(model.name for model in self.all())
            raise UnknownModel(f"this platform has no base model {name!r}. It has: {known}.") from None
        precision = _PRECISIONS.get(config.get("dtype") or config.get("torch_dtype"), "fp32")
        return BaseModel(name, facts(config), origin["source"], origin.get("license"), precision)

    def hf_folder(self, name: str) -> Path:
        """The folder to train on; that of the built-in model is made on first use (about 10 s). Raises UnknownModel."""
        if self.get(name).built_in:
            return base_model.ensure_hf_model(self._settings)
        return self.folder(name) / HF

    def openvino_folder(self, name: str) -> Path:
        """The folder to serve from; that of the built-in model is made on first use (about 40 s). Raises
        UnknownModel."""
        if self.get(name).built_in:
            return base_model.ensure_openvino_model(self._settings)
        return self.folder(name) / OPENVINO

    def made(self, name: str) -> bool:
        """Whether the files to train on are there. Those of the built-in model may still have to be made."""
        if name == base_model.BASE_MODEL_NAME:
            return (self._settings.models_dir / base_model.HF_FOLDER).is_dir()
        return self.has(name)

    def folder(self, name: str) -> Path:
        """The folder of everything that belongs to a base model and is removed with it. (Nothing removes the built-in
        one, whose files may be shared with other homes.)"""
        if name == base_model.BASE_MODEL_NAME:
            return self._settings.models_dir
        namespace, _, short = name.partition("/")
        try:
            return self._home / check_name(namespace) / check_name(short)
        except ValueError:
            raise UnknownModel(f"{name[:80]!r} is not the name of a base model: write namespace/name.") from None

    def model_path(self, name: str) -> str:
        """Where its files to train on are, from the folder of all base models: ``model_path`` of its target."""
        return base_model.HF_FOLDER if name == base_model.BASE_MODEL_NAME else f"{name}/{HF}"

    def unfinished(self, key: str) -> Path:
        """The folder in which a model is prepared, on the same disk as :meth:`folder`.

        Args:
            key: names the preparation; the same one finds what an earlier attempt has downloaded.
        """
        return self._home / f".{key}"

    def install(self, name: str, prepared: Path) -> None:
        """Take in a model that is prepared. A second call after success changes nothing."""
        folder = self.folder(name)
        if self.has(name):
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        prepared.rename(folder)

    def remove(self, name: str) -> None:
        """Delete a base model's files."""
        if name == base_model.BASE_MODEL_NAME:
            raise ValueError(f"{name} is built in and cannot be removed")
        folder = self.folder(name)
        if folder.is_dir():
            # Renamed first: from then on it is gone for everyone, even if the deletion is interrupted.
            doomed = self._home / f".removed-{folder.parent.name}-{folder.name}-{os.getpid()}"
            folder.rename(doomed)
        for leftover in self._home.glob(".removed-*"):
            shutil.rmtree(leftover, ignore_errors=True)


def _built_in() -> BaseModel:
    return BaseModel(
        base_model.BASE_MODEL_NAME,
        facts(base_model.CONFIG),
        f"hf://{base_model.HUB_NAME}",
        base_model.LICENSE,
        _PRECISIONS["float16"],
        built_in=True,
    )
