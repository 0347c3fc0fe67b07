"""Targets (what can be trained) and configurations (how): their documents, the seeded ones, and name lookup."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from nemo_local.common.documents import DocumentStore
from nemo_local.common.entities import validated
from nemo_local.common.errors import Conflict, Invalid
from nemo_local.customizer.schemas import ConfigBody, TrainingOptionChanges
from nemo_local.model.base_model import BASE_MODEL_NAME
from nemo_local.model.registry import BaseModel, BaseModels

BASE_NAMESPACE, BASE_NAME = BASE_MODEL_NAME.split("/")
VERSION = "v1.0.0"
# Longest row trained on, in tokens. A tool-calling row of five tools takes 300 to 1,500.
MAX_SEQ_LENGTH = 2048

# What ``datasets.py`` checks in a row, as the JSON Schema that clients are shown.
ROW_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "messages": {
            "type": "array",
            "minItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "role": {"enum": ["system", "developer", "user", "assistant", "tool"]},
                    "content": {"type": ["string", "array", "null"]},
                    "tool_calls": {"type": "array", "items": {"type": "object"}},
                },
                "required": ["role"],
            },
        },
        "tools": {"type": "array", "items": {"type": "object", "required": ["type", "function"]}},
    },
    "required": ["messages"],
}


class Catalog:
    """Targets and configurations in one database.

    Args:
        database: the SQLite file.
        models: the base models of the platform.
    """

    def __init__(self, database: Path, models: BaseModels) -> None:
        self.targets = DocumentStore(database, "customization-target")
        self.configs = DocumentStore(database, "customization-config")
        self.models = models

    def seed(self) -> None:
        """Create the built-in model's target and configuration where they are missing."""
        model = self.models.get(BASE_MODEL_NAME)
        target = {
            "base_model": BASE_MODEL_NAME,
            "enabled": True,
            "num_parameters": model.facts.num_parameters,
            "precision": model.precision,
            "model_path": self.models.model_path(BASE_MODEL_NAME),
            "model_type": "hf",
            "status": "ready",
            "description": "SmolLM2-135M-Instruct, the base model of the local platform.",
        }
        named = {"namespace": BASE_NAMESPACE, "name": f"{BASE_NAME}@{VERSION}"}
        with suppress(Conflict):
            self.targets.create(*named.values(), target)
        self.add_config({**named, **target}, model)

    def add_config(self, target: dict, model: BaseModel) -> None:
        """Create the default configuration of a target where it is missing."""
        gpu = _has_cuda()
        config = {
            "target": label(target),
            "max_seq_length": min(MAX_SEQ_LENGTH, model.facts.context_length),
            "training_options": [
                {
                    "training_type": "sft",
                    "finetuning_type": "lora",
                    "num_gpus": int(gpu),
                    "num_nodes": 1,
                    "tensor_parallel_size": 1,
                    "micro_batch_size": 1,
                }
            ],
            "dataset_schemas": [ROW_SCHEMA],
            "prompt_template": None,
            "description": f"LoRA on this machine's {'GPU' if gpu else 'CPU'}.",
        }
        with suppress(Conflict):
            self.configs.create(*default_config_label(target).split("/"), config)

    def target(self, reference: str | dict, namespace: str, field: str) -> dict:
        """The target a configuration names.

        Args:
            reference: ``name``, ``namespace/name``, or an object with these two fields.
            namespace: searched first for a name without a namespace.
            field: the request's field, for the error.

        Raises:
            Invalid: there is no such target; the message lists the known ones.
        """
        if isinstance(reference, dict):
            namespace, reference = reference.get("namespace") or namespace, str(reference.get("name") or "")
        return _find(self.targets.list(), reference, namespace, field, "customization target")

    def config(self, reference: str, namespace: str) -> dict:
        """The configuration a job names, its target resolved.

        Raises:
            Invalid: there is no such configuration; the message lists the known ones.
        """
        return self.resolved(_find(self.configs.list(), reference, namespace, "config", "customization config"))

    def resolved(self, config: dict) -> dict:
        """A configuration document with its target's document in place of the target's name."""
        return {**config, "target": self.target(config["target"], config["namespace"], "target")}

    def prepare_config(self, body: ConfigBody) -> dict:
        """What to store for a configuration, after checking that this machine can train that way.

        Raises:
            Invalid: it cannot, or the target does not exist.
        """
        target = self.target(body.target, body.namespace, "target")
        if target["status"] == "deleting":
            raise Invalid("target", f"{label(target)} is being deleted; name another one.")
        for option in body.training_options:
            if (option.training_type, option.finetuning_type) != ("sft", "lora"):
                raise Invalid(
                    "training_options",
                    f"{option.training_type}/{option.finetuning_type} is not possible on the local platform, which "
                    "trains sft/lora only.",
                )
        return {"dataset_schemas": [ROW_SCHEMA], **body.stored(), "target": label(target)}


def merge_config(config: dict, patch: dict) -> dict:
    """A configuration with the changes of a PATCH, which may also add and remove single training options."""
    changes = validated(TrainingOptionChanges, {key: value for key, value in patch.items() if value is not None})
    options = config["training_options"]
    if changes.training_options is not None:
        options = [option.model_dump() for option in changes.training_options]
    removed = [option.model_dump() for option in changes.remove_training_options]
    options = [option for option in options if not any(removal.items() <= option.items() for removal in removed)]
    options += [option.model_dump() for option in changes.add_training_options]
    others = {key: value for key, value in patch.items() if key not in TrainingOptionChanges.model_fields}
    return {**config, **others, "training_options": options}


# Fields that say how a cluster would train, with what this platform does instead.
_IGNORED = {
    "pod_spec": "training runs in a process of this machine",
    "prompt_template": "rows are rendered by the base model's own chat template",
    "training_precision": "the Customizer picks bf16 or fp32, whichever this hardware multiplies faster in",
}
_IGNORED_OPTIONS = (
    "num_gpus",
    "num_nodes",
    "tensor_parallel_size",
    "data_parallel_size",
    "pipeline_parallel_size",
    "expert_model_parallel_size",
    "micro_batch_size",
)


def config_warning(config: dict) -> str | None:
    """A sentence for each part of a configuration that has no effect on one machine; None when there is none."""
    sentences = [f"{name} is ignored: {reason}." for name, reason in _IGNORED.items() if config.get(name)]
    gpus = int(_has_cuda())
    for option in config["training_options"]:
        ignored = [name for name in _IGNORED_OPTIONS if (option.get(name) or 0) > (gpus if name == "num_gpus" else 1)]
        if option.get("use_sequence_parallel"):
            ignored.append("use_sequence_parallel")
        if ignored:
            where = "one GPU" if gpus else "the CPU"
            sentences.append(f"{', '.join(ignored)}: ignored, as this machine trains on {where}, one batch at a time.")
    return " ".join(sentences) or None


def _find(documents: list[dict], reference: str, namespace: str, field: str, kind: str) -> dict:
    matching = [d for d in documents if label(d) == reference or d["name"] == reference]
    exact = [d for d in matching if label(d) in (reference, f"{namespace}/{reference}")]
    found = exact or matching
    if len(found) == 1:
        return found[0]
    known = ", ".join(sorted(label(d) for d in (found or documents))) or "none"
    if found:
        raise Invalid(field, f"{reference!r} is the name of several: {known}. Name one with its namespace.")
    raise Invalid(field, f"There is no {kind} {reference!r}. Known: {known}.")


def label(document: dict) -> str:
    """The name of a target or a configuration, with its namespace."""
    return f"{document['namespace']}/{document['name']}"


def default_config_label(target: dict) -> str:
    """The name of the configuration that is made with a target: of its model, the version in the target's own name, and
    the hardware."""
    version = target["name"].partition("@")[2] or VERSION
    return f"{target['base_model']}@{version}+{'GPU' if _has_cuda() else 'CPU'}"


@cache
def _has_cuda() -> bool:
    """Whether torch can use a GPU. A process of its own finds out, and only where there is a driver: importing torch
    would cost the gateway seconds and hundreds of megabytes."""
    if shutil.which("nvidia-smi") is None:
        return False
    question = "import sys, torch; sys.exit(not torch.cuda.is_available())"
    return subprocess.run([sys.executable, "-c", question], timeout=120, check=False).returncode == 0
